"""Space-time scan statistics: where and when the counts are unlike the rest."""

from govdash.detect.scan.kernel import Cluster, MonteCarlo, ScanResult, scan_poisson

__all__ = ["Cluster", "MonteCarlo", "ScanResult", "scan_poisson"]
