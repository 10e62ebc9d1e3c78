"""What Prometheus reads of a process: what it has counted, and how its queues are at that moment.

The API answers it at `/metrics`, a worker on a port of its own (AIGCQ_METRICS_PORT).
"""

from aigcq.exporter.door import admits, listening
from aigcq.exporter.figures import FIGURES
from aigcq.exporter.scrape import CONTENT_TYPE, Scrape, reference, sample_names

__all__ = ["CONTENT_TYPE", "FIGURES", "Scrape", "admits", "listening", "reference", "sample_names"]
