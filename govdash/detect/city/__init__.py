"""City: the space-time half of the native detector, cells × categories, tick by tick."""
