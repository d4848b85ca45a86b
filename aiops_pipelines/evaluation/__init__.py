"""From daily statistics to figures with verdicts: what the night computes, without Dagster."""
