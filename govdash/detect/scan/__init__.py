"""Space-time scan statistics: where and when the counts are unlike the rest."""

from govdash.detect.scan.kernel import scan_poisson
from govdash.detect.scan.montecarlo import MonteCarlo
from govdash.detect.scan.results import Cluster, ScanResult

__all__ = ["Cluster", "MonteCarlo", "ScanResult", "scan_poisson"]
