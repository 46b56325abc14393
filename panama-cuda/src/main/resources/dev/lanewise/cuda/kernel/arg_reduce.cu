// The position of an extreme element along one dimension: the first of equal ones, NaN before all. Defined in front:
//   IN                element type
//   BEFORE(x, y)      whether x is more extreme than y, neither being NaN

typedef decltype(load(IN())) T;

struct Best {
    T value;
    i64 at;
};

__device__ inline Best better(Best x, Best y) {
    if (y.at < 0) return x;
    if (x.at < 0) return y;
    bool x_nan = x.value != x.value;
    bool y_nan = y.value != y.value;
    if (x_nan || y_nan) return x_nan && (!y_nan || x.at < y.at) ? x : y;
    if (BEFORE(x.value, y.value)) return x;
    if (BEFORE(y.value, x.value)) return y;
    return x.at < y.at ? x : y;
}

// A team a result, whose n elements are `stride` apart.
extern "C" __global__ void arg_reduce(
        View kept, int across, i64 results, i64 n, i64 stride, const IN* in, i64* out) {
    __shared__ Best shared[THREADS];
    Team team = team_of(across);
    for (i64 first = (i64)blockIdx.x * team.teams; first < results; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        Best best = {T(), -1};
        if (row < results) {
            const IN* base = in + offset(kept, (u64)row);
            for (i64 i = team.lane; i < n; i += team.lanes) best = better(best, {load(base[i * stride]), i});
        }
        best = team_combine(best, shared, team, better);
        if (team.lane == 0 && row < results) out[row] = best.at;
    }
}
