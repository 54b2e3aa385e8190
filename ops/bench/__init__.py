"""How fast and how large: `make bench` (under 15 minutes), `make soak`. Figures, never a pass or a failure."""
