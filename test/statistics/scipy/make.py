"""Reference values of SciPy and statsmodels for test/compare/*.test.ts.   usage: make.py > cases.json   (needs scipy and statsmodels)"""
import json
import numpy as np, scipy, statsmodels
from scipy import stats
from scipy.optimize import brentq
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20250101)
FLIPS = [(0, 0), (0, 1), (1, 0), (0, 5), (3, 3), (8, 0), (10, 21), (31, 20), (51, 0), (120, 95), (800, 903), (2100, 1893), (7000, 7100)]


def score_interval(n, up, down):
    """All differences d that the score test with the restricted maximum-likelihood estimate keeps; the estimate by root finding on the likelihood."""
    z = stats.norm.isf(0.025)

    def statistic(d):
        # q = P(down), q + d = P(up); the rest is 1 - 2 q - d. Log-likelihood up log(q+d) + down log(q) + rest log(1-2q-d).
        low, high = max(0.0, -d), (1 - d) / 2
        slope = lambda q: (up / (q + d) if up else 0) + (down / q if down else 0) - 2 * (n - up - down) / (1 - 2 * q - d)
        eps = 1e-15
        a, b = low + eps * (1 + low), high - eps
        if slope(a) <= 0: q = low
        elif n == up + down: q = high
        else: q = brentq(slope, a, b, xtol=1e-16, rtol=1e-15, maxiter=1000)
        return (up - down - n * d) / np.sqrt(n * (2 * q + d - d * d))

    est = (up - down) / n
    lower = brentq(lambda d: statistic(d) - z, -1 + 1e-9, est - 1e-12, xtol=1e-14) if statistic(-1 + 1e-9) > z else -1
    upper = brentq(lambda d: statistic(d) + z, est + 1e-12, 1 - 1e-9, xtol=1e-14) if statistic(1 - 1e-9) < -z else 1
    return [lower, upper]


def exact_power(n, psi, delta, alpha):
    """Power of the one-sided exact McNemar test: flips are binomial, their direction is binomial given the flips."""
    total = 0.0
    for m in range(n + 1):
        weight = stats.binom.pmf(m, n, psi)
        if weight < 1e-14: continue
        critical = stats.binom.isf(alpha, m, 0.5) + 1  # smallest c with P(X >= c) <= alpha
        total += weight * stats.binom.sf(critical - 1, m, (1 + delta / psi) / 2)
    return total


out = {'made_with': f'scipy {scipy.__version__}, statsmodels {statsmodels.__version__}'}
out['mcnemar'] = [dict(up=u, down=d, p=float(mcnemar([[0, u], [d, 0]], exact=True).pvalue), drop=float(stats.binomtest(u, u + d, 0.5, alternative='less').pvalue) if u + d else 1.0) for u, d in FLIPS]
ps = [[0.01, 0.04, 0.03, 0.005], [1.0], [0.2, 0.2, 0.2], list(rng.uniform(0, 0.2, 29)), [1e-300, 1e-3, 0.9]]
out['holm'] = [dict(p=p, adjusted=[float(x) for x in multipletests(p, method='holm')[1]]) for p in ps]
zs = [0, 0.1, 0.5, 1, 1.959963984540054, 2.9, 3.0, 3.1, 5, 8, 12, 20, 37, -1.5, -4]
out['tail'] = [dict(z=z, p=float(stats.norm.sf(z))) for z in zs]
out['quantile'] = [dict(p=p, z=float(stats.norm.isf(p))) for p in [0.5, 0.2, 0.05, 0.025, 0.025 / 29, 1e-6, 1e-12, 0.9]]
out['interval'] = [dict(n=n, up=u, down=d, interval=[float(x) for x in score_interval(n, u, d)]) for n, u, d in [(10, 0, 0), (12, 0, 5), (40, 3, 3), (352, 10, 21), (352, 0, 11), (1715, 31, 20), (1715, 0, 51), (15724, 800, 903), (43240, 2100, 1893), (20, 20, 0), (20, 1, 18)]]
out['power'] = [dict(n=n, psi=psi, delta=delta, alpha=alpha, power=exact_power(n, psi, delta, alpha)) for n, psi, delta, alpha in [(352, 0.1, 0.04, 0.05), (1715, 0.15, 0.02, 0.05 / 29), (1715, 0.1, 0.03, 0.05 / 29), (5169, 0.2, 0.02, 0.025 / 29), (900, 0.08, 0.02, 0.05)]]
boot = []
for n, values in [(200, [-1, 0, 0, 0, 1]), (500, [-0.5, 0, 0.25, 1]), (60, [-1, -0.2, 0, 0.1])]:
    data = rng.choice(values, n)
    r = stats.bootstrap((data,), np.mean, n_resamples=50000, method='percentile', confidence_level=0.95, rng=np.random.default_rng(1))
    boot.append(dict(data=[float(x) for x in data], low=float(r.confidence_interval.low), high=float(r.confidence_interval.high), stderr=float(r.standard_error)))
out['bootstrap'] = boot
flips = []
for parts in [[(40, 3, 9), (100, 2, 7)], [(20, 0, 4), (30, 1, 5), (250, 2, 1)], [(12, 0, 5)]]:
    d = np.concatenate([np.concatenate([np.full(u, 1 / n), np.full(dn, -1 / n)]) for n, u, dn in parts])
    stat = lambda x, axis: x.sum(axis=axis)
    signs = lambda alt: float(stats.permutation_test((d,), stat, permutation_type='samples', alternative=alt, n_resamples=200000 if len(d) > 17 else np.inf, vectorized=True, rng=np.random.default_rng(2), batch=20000).pvalue)
    flips.append(dict(parts=[dict(n=n, up=u, down=dn) for n, u, dn in parts], p=signs('two-sided'), drop=signs('less')))
out['sign_flip'] = flips
print(json.dumps(out, indent=1))
