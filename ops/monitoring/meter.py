"""bot.desk.ports.Meter in Prometheus's terms, for one process. Labels are our own names and Slack's, never a user's."""

from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from bot.desk.model import Outcome, Usage

_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 45, 60, 120)


class PrometheusMeter:
    """What has happened since the start (counters), and what Figures set to what is so now (`now`)."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)

        def counter(name: str, said: str, *labels: str) -> Counter:
            return Counter(f"frontdesk_{name}", said, labels, registry=registry)

        def seconds(name: str, said: str) -> Histogram:
            return Histogram(f"frontdesk_{name}_seconds", said, buckets=_SECONDS, registry=registry)

        self._questions = counter("questions", "Questions that ended", "desk", "outcome")
        self._shown = {
            "sign": seconds("first_sign", "From accepting a question to the first sign that its asker sees"),
            "sentence": seconds("first_sentence", "From accepting a question to the first sentence of its answer"),
        }
        self._answer = seconds("answer", "From accepting a question to its end")
        self._tokens = counter("model_tokens", "Tokens of the model", "model", "kind")
        self._dollars = counter("model_dollars", "Dollars for the model, where its prices are configured", "model")
        self._model_errors = counter("model_errors", "Calls of the model that failed, retries included", "kind")
        self._calls = counter("slack_calls", "Calls of Slack; error is empty when it went well", "method", "error")
        self._call_seconds = seconds("slack_call", "Calls of Slack, without the waits for their turns")
        self._waits = counter("slack_waits", "Calls that waited because Slack takes so many and no more", "method")
        self._wait_seconds = counter("slack_wait_seconds", "Seconds of these waits", "method")
        self.now = Gauges(registry)

    def question_ended(self, desk: str, outcome: Outcome, seconds: float) -> None:
        self._questions.labels(desk, outcome.value).inc()
        self._answer.observe(seconds)

    def shown(self, what: Literal["sign", "sentence"], seconds: float) -> None:
        self._shown[what].observe(seconds)

    def model_used(self, model: str, usage: Usage, cost_usd: float | None) -> None:
        for kind in ("input", "output", "cache_read", "cache_write"):
            self._tokens.labels(model, kind).inc(getattr(usage, kind))
        if cost_usd is not None:
            self._dollars.labels(model).inc(cost_usd)

    def model_failed(self, kind: str) -> None:
        self._model_errors.labels(kind).inc()

    def slack_called(self, method: str, error: str, seconds: float) -> None:
        self._calls.labels(method, error).inc()
        self._call_seconds.observe(seconds)

    def slack_waited(self, method: str, seconds: float) -> None:
        self._waits.labels(method).inc()
        self._wait_seconds.labels(method).inc(seconds)


class Gauges:
    """What is so now."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, said: str, *labels: str) -> Gauge:
            return Gauge(f"frontdesk_{name}", said, labels, registry=registry)

        self.up = gauge("up", "1 when a part can be reached: slack, store, index", "part")
        self.inbox_depth = gauge("inbox_depth", "Questions that are accepted and not finished")
        self.inbox_oldest = gauge("inbox_oldest_seconds", "How long the oldest of them has waited")
        self.escalations = gauge("escalations_open", "Escalations that are not resolved")
        self.source_age = gauge("source_age_seconds", "Since a source was last compared with the index", "source")
        self.source_stale = gauge("source_stale", "1 when that is longer ago than its stale_after", "source")
        self.source_state = gauge("source_sync_state", "1 for how its last sync ended", "source", "state")
        self.source_documents = gauge("source_documents", "Documents that answers can cite", "source")
        self.outbox_waiting = gauge("outbox_waiting", "Events that a webhook or a mailbox was not told yet", "target")
        self.outbox_oldest = gauge("outbox_oldest_seconds", "How long the oldest of them has waited", "target")
        self.outbox_given_up = gauge("outbox_given_up", "Events that were given up", "target")
        self.loop_lag = gauge("loop_lag_seconds", "By how much a timer of the event loop was last late")
