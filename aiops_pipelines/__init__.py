"""AIOps Pipelines: monitoring, contracts and incidents for a hospital's AI systems."""
