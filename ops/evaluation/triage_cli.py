"""`frontdesk eval triage` and `frontdesk eval fit`."""

import json
from pathlib import Path

import click

from ops.config import Config

# As in ops.cli, each command imports what it runs.
# ruff: noqa: PLC0415


@click.command("triage")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
@click.option(
    "--plot", "picture", type=click.Path(path_type=Path, dir_okay=False), help="Draw the confusions to a PNG."
)
@click.pass_context
def triage(context: click.Context, as_json: bool, picture: Path | None) -> None:
    """Measure triage without a model on the held complaints to ElectroMart."""
    config: Config = context.obj.load()
    from ingest.index import IndexUnavailable
    from ops.evaluation.triage import measure_triage, show_triage
    from ops.operations import OperationError

    try:
        report = measure_triage(config.ingest.index)
    except IndexUnavailable as error:
        raise OperationError(str(error)) from error
    click.echo(json.dumps(report.model_dump(mode="json")) if as_json else "\n".join(show_triage(report)))
    if picture:
        from ops.evaluation.triage_plot import plot_confusion

        try:
            plot_confusion(report, picture)
        except (OSError, ValueError) as error:
            raise OperationError(f"{picture} can't be written ({error}); give it a name that ends in .png") from error
        click.echo(f"drawn: {picture}", err=True)


@click.command("fit")
@click.argument("examples", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("layers", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def fit(context: click.Context, examples: Path, layers: Path) -> None:
    """Fit triage without a model to a desk's own labelled complaints, for the setting triage.layers."""
    config: Config = context.obj.load()
    from ingest.index import IndexUnavailable, make_embedder
    from ops.evaluation.fit_triage import examples_of, fit_triage
    from ops.operations import OperationError

    told, short = examples_of(examples)
    embedder = make_embedder(config.ingest.index)
    try:
        fitted = fit_triage(embedder.embed, embedder.fingerprint, told, short)
        layers.write_text(json.dumps(fitted, ensure_ascii=False) + "\n")
    except (IndexUnavailable, OSError) as error:
        raise OperationError(str(error)) from error
    click.echo(f"fitted: {layers}; its categories: {json.dumps(fitted['categories'])}")
