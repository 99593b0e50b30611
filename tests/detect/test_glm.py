"""The batch of regressions equals one regression per series."""

import numpy as np
import pytest
import statsmodels.api as sm

from govdash.detect.glm import fit_batch


def test_without_priors_the_batch_equals_a_regression_of_each_series():
    rng = np.random.default_rng(3)
    days = 200
    design = np.column_stack([np.ones(days), rng.normal(size=days), np.arange(days) % 2])
    counts = rng.poisson(np.exp(design @ np.array([[1, 0.5], [0.3, -0.2], [0.2, 0.1]]))).astype(
        float
    )
    weights = rng.uniform(0.2, 1, counts.shape)
    phi = np.array([1.0, 2.5])
    fit = fit_batch(counts, design, prior_sd=np.full(3, 1e5), weights=weights, dispersion=phi)
    for n in range(2):
        model = sm.GLM(
            counts[:, n], design, family=sm.families.Poisson(), var_weights=weights[:, n]
        ).fit(tol=1e-14, scale=phi[n])
        assert fit.coefficients[n] == pytest.approx(model.params, rel=1e-8)
        # statsmodels' scale is φ, ours lies inside the information
        assert fit.covariance[n] == pytest.approx(model.cov_params(), rel=1e-5)
