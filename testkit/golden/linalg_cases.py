"""Cases of decompositions, norms and transforms that came after those of generate.py, so that the cases there stay the same."""
import torch

D = torch.float64


def rn(*s):
    return torch.randn(s, dtype=D)


def linalg(w, n, R):
    L = torch.linalg
    for _ in range(n):
        lead = R.choice([(), (2,)])
        m, k = R.choice([(3, 3), (4, 2), (2, 5), (6, 6)])
        w.case("lu", lambda x: tuple(torch.linalg.lu(x)), {"x": rn(*lead, m, k)}, rtol=1e-3, atol=1e-4, grad=m == k)
        # distinct eigenvalues, and what does not depend on the vectors' signs
        size = R.choice([1, 3, 5])
        q = L.qr(rn(*lead, size, size))[0]
        sym = q @ torch.diag_embed(torch.arange(size, dtype=D) * 1.5 - 2) @ q.transpose(-1, -2)
        def eigh(x):
            e = L.eigh((x + x.transpose(-1, -2)) / 2)
            return e[0], e[1] ** 2
        w.case("eigh", eigh, {"x": sym}, rtol=1e-3, atol=1e-4)
        w.case("pinv", lambda x: L.pinv(x), {"x": rn(*lead, m, k)}, rtol=1e-3, atol=1e-3)
        w.case("lstsq", lambda x, b: L.pinv(x) @ b, {"x": rn(*lead, m, k), "b": rn(*lead, m, 2)}, rtol=1e-3, atol=1e-3)
        low = rn(5, 2) @ rn(2, 4)
        w.case("matrix_rank", lambda x: L.matrix_rank(x.float()), {"x": R.choice([low, rn(4, 4), torch.zeros(3, 2, dtype=D)])}, grad=False)
        for o, name in (("fro", "FROBENIUS"), ("nuc", "NUCLEAR"), (2, "SPECTRAL"), (1, "ONE"), (float("inf"), "INFINITY")):
            w.case("matrix_norm", lambda x, o=o: L.matrix_norm(x, o), {"x": rn(*lead, m, k)}, {"kind": name}, rtol=1e-3, atol=1e-4)
        w.case("kron", lambda x, y: torch.kron(x, y), {"x": rn(2, 3), "y": rn(3, 1)})
        w.case("kron", lambda x, y: torch.kron(x, y), {"x": rn(2), "y": rn(2, 2)})
        for p in (1., 2., 3.):
            w.case("cdist", lambda x, y, p=p: torch.cdist(x, y, p), {"x": rn(*lead, 4, 3), "y": rn(*lead, 5, 3)}, {"p": p})
    pairs = torch.view_as_real
    for size in (1, 2, 7, 12, 64, 60, 96, 131, 200):
        w.case("fft", lambda x: pairs(torch.fft.fft(torch.view_as_complex(x))), {"x": rn(2, size, 2)}, rtol=1e-3, atol=1e-3)
        w.case("ifft", lambda x: pairs(torch.fft.ifft(torch.view_as_complex(x))), {"x": rn(size, 2)}, rtol=1e-3, atol=1e-4)
        w.case("rfft", lambda x: pairs(torch.fft.rfft(x)), {"x": rn(3, size)}, rtol=1e-3, atol=1e-3)
        if size > 2:  # PyTorch counts imaginary parts of the first and last number in the gradient of smaller ones
            half = torch.view_as_real(torch.fft.rfft(rn(size)))
            w.case("irfft", lambda x, n=size: torch.fft.irfft(torch.view_as_complex(x), n), {"x": half}, {"n": size}, rtol=1e-3, atol=1e-4)
    for size, hop, center in ((8, 3, True), (16, 16, False), (5, 2, True)):
        win = torch.hann_window(size, dtype=D)
        w.case("stft", lambda x, window, s=size, h=hop, c=center: pairs(torch.stft(x, s, h, window=window, center=c, return_complex=True)),
               {"x": rn(2, 40), "window": win}, {"size": size, "hop": hop, "center": center}, rtol=1e-3, atol=1e-3)
    # behind all others, whose numbers stay the same
    triangles(w)
    equal_values(w)
    for size, hop, center, length in ((8, 3, True, 5), (8, 3, False, 4), (9, 2, True, 1)):
        win = torch.hann_window(length, periodic=False, dtype=D) + .1
        w.case("stft", lambda x, window, s=size, h=hop, c=center, n=length: pairs(torch.stft(x, s, h, n, window=window, center=c, return_complex=True)),
               {"x": rn(2, 30), "window": win}, {"size": size, "hop": hop, "center": center}, rtol=1e-3, atol=1e-3)
    for q in (0., .25, .5, .9, 1.):
        w.case("quantile", lambda x, q=q: torch.quantile(x, q, 1), {"x": rn(3, 7, 2)}, {"q": q, "dim": 1, "keepdim": False})
        w.case("quantile", lambda x, q=q: torch.quantile(x, q, -1, keepdim=True), {"x": torch.round(rn(2, 6))}, {"q": q, "dim": -1, "keepdim": True})
    for p in (0., 1., 2., 3.):
        a, b = rn(4, 2), rn(5, 2)
        w.case("cdist", lambda x, y, p=p: torch.cdist(x, y, p), {"x": a, "y": b}, {"p": p})


def equal_values(w):
    """Gradients where singular values or eigenvalues are equal, or several are 0."""
    L = torch.linalg
    q = L.qr(rn(4, 4))[0].float().to(D)
    for x in (torch.eye(3, dtype=D), q[:, :2].contiguous(), q[:2].contiguous(), 2 * torch.eye(2, dtype=D), torch.zeros(2, 3, dtype=D),
              torch.diag(torch.tensor([2., 0., 0.], dtype=D)), torch.tensor([[1., 2, 3], [2, 4, 6], [1, 2, 3]], dtype=D),
              torch.stack([torch.eye(2, dtype=D), torch.tensor([[1., 1], [1, 1]], dtype=D), rn(2, 2)])):
        w.case("pinv", lambda x: L.pinv(x, rtol=1e-6), {"x": x}, {"rtol": 1e-6}, rtol=1e-3, atol=1e-4)
    for x in (torch.eye(3, dtype=D), torch.zeros(2, 2, dtype=D), torch.diag(torch.tensor([1., 2, 2], dtype=D))):
        w.case("eigenvalues_cubed", lambda x: (L.eigvalsh((x + x.transpose(-1, -2)) / 2) ** 3).sum(), {"x": x}, rtol=1e-3, atol=1e-4)


def triangles(w):
    for upper in (False, True):
        for left in (False, True):
            for unit in (False, True):
                for lead_a, lead_b, k in (((), (), 2), ((2,), (2,), 1), ((3, 1), (2,), 4)):
                    size = 4
                    a = rn(*lead_a, size, size) + 3 * torch.eye(size, dtype=D)
                    b = rn(*lead_b, size, k) if left else rn(*lead_b, k, size)
                    def solve(x, b, upper=upper, left=left, unit=unit):
                        return torch.linalg.solve_triangular(x, b, upper=upper, left=left, unitriangular=unit)
                    w.case("solve_triangular", solve, {"x": a, "b": b}, {"upper": upper, "left": left, "unitriangular": unit}, rtol=1e-3, atol=1e-4)
    singular = torch.tensor([[0., 1, 2], [3, 0, 4], [5, 6, 2]], dtype=D)
    for upper in (False, True):
        w.case("solve_triangular", lambda x, b, upper=upper: torch.linalg.solve_triangular(x, b, upper=upper), {"x": singular, "b": torch.tensor([[1., 0, -1, 2], [2, 0, 3, 0], [4, 0, 5, 4]], dtype=D)},
               {"upper": upper, "left": True, "unitriangular": False}, grad=False)
