// Softmax and log-softmax along one dimension of a dense tensor, and their gradients. Defined in front:
//   T                 element type
//   ACC               what is computed in
//   LOG               0 or 1: whether the logarithm is wanted
// The tensor is [outer, n, inner]; a team takes one of the outer * inner rows, whose elements are `inner` apart.

__device__ inline i64 start_of(i64 row, i64 n, i64 inner) {
    i64 block = divide(row, inner);
    return block * n * inner + (row - block * inner);
}

extern "C" __global__ void softmax(int across, i64 rows, i64 n, i64 inner, const T* x, T* y) {
    __shared__ ACC shared[THREADS];
    Team team = team_of(across);
    for (i64 first = (i64)blockIdx.x * team.teams; first < rows; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        i64 count = row < rows ? n : 0;
        i64 base = start_of(row, n, inner);
        ACC top = -(ACC)(1.0 / 0.0);
        for (i64 i = team.lane; i < count; i += team.lanes) top = maximum(top, (ACC)load(x[base + i * inner]));
        top = team_max(top, shared, team);
        ACC sum = 0;
        for (i64 i = team.lane; i < count; i += team.lanes) sum += exp((ACC)load(x[base + i * inner]) - top);
        sum = team_sum(sum, shared, team);
        ACC log_sum = LOG ? log(sum) : (ACC)0;
        for (i64 i = team.lane; i < count; i += team.lanes) {
            ACC shifted = (ACC)load(x[base + i * inner]) - top;
            store(y[base + i * inner], LOG ? shifted - log_sum : exp(shifted) / sum);
        }
    }
}

// y (g - sum(g y)), for the logarithm g - e^y sum(g).
extern "C" __global__ void softmax_grad(int across, i64 rows, i64 n, i64 inner, const T* g, const T* y, T* dx) {
    __shared__ ACC shared[THREADS];
    Team team = team_of(across);
    for (i64 first = (i64)blockIdx.x * team.teams; first < rows; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        i64 count = row < rows ? n : 0;
        i64 base = start_of(row, n, inner);
        ACC sum = 0;
        for (i64 i = team.lane; i < count; i += team.lanes) {
            i64 at = base + i * inner;
            sum += LOG ? (ACC)load(g[at]) : (ACC)load(g[at]) * (ACC)load(y[at]);
        }
        sum = team_sum(sum, shared, team);
        for (i64 i = team.lane; i < count; i += team.lanes) {
            i64 at = base + i * inner;
            ACC gi = load(g[at]);
            ACC yi = load(y[at]);
            store(dx[at], LOG ? gi - exp(yi) * sum : yi * (gi - sum));
        }
    }
}
