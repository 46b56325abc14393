// Softmax and log-softmax along one dimension of a dense tensor, and their gradients. Defined in front:
//   T                 element type
//   ACC               what is computed in
//   LOG               0 or 1: whether the logarithm is wanted
// The tensor is [outer, n, inner]; a team takes one of the outer * inner rows, whose elements are `inner` apart. Behind
// rows.cu.

__device__ inline i64 start_of(i64 row, i64 n, i64 inner) {
    i64 block = divide(row, inner);
    return block * n * inner + (row - block * inner);
}

__device__ inline ACC result_of(ACC shifted, ACC sum, ACC log_sum) { return LOG ? shifted - log_sum : exp(shifted) / sum; }

// With elements side by side.
template <int P> __device__ inline void softmax_rows(ACC* shared, i64 rows, i64 n, const T* x, T* y) {
    bool whole = are_aligned(x, y, 0, 0);
    Team team = team_of(0);
    for (i64 first = (i64)blockIdx.x * team.teams; first < rows; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        Row<P> in(x + row * n, row < rows ? n : 0, whole, team);
        ACC top = largest(in, shared, team);
        ACC sum = sum_of_exponentials(in, top, shared, team);
        ACC log_sum = LOG ? log(sum) : (ACC)0;
        each(in, [&](i64 i, Pack<P> pack) {
#pragma unroll
            for (int j = 0; j < P; j++) store(pack.of[j], result_of((ACC)load(pack.of[j]) - top, sum, log_sum));
            write(y + row * n + i, pack, whole);
        });
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, ROWS_RESIDENT) softmax(i64 rows, i64 n, const T* x, T* y) {
    __shared__ ACC shared[THREADS];
    if (in_packs(n)) softmax_rows<PACK>(shared, rows, n, x, y);
    else softmax_rows<1>(shared, rows, n, x, y);
}

// With elements apart, and rows side by side.
extern "C" __global__ void softmax_across(i64 rows, i64 n, i64 inner, const T* x, T* y) {
    __shared__ ACC shared[THREADS];
    Team team = team_of(1);
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
            store(y[base + i * inner], result_of((ACC)load(x[base + i * inner]) - top, sum, log_sum));
        }
    }
}

// y (g - sum(g y)), for the logarithm g - e^y sum(g).
__device__ inline ACC summand_of(ACC g, ACC y) { return LOG ? g : g * y; }
__device__ inline ACC gradient_of(ACC g, ACC y, ACC sum) { return LOG ? g - exp(y) * sum : y * (g - sum); }

template <int P> __device__ inline void softmax_grad_rows(ACC* shared, i64 rows, i64 n, const T* g, const T* y, T* dx) {
    bool whole = are_aligned(g, y, dx, 0);
    Team team = team_of(0);
    for (i64 first = (i64)blockIdx.x * team.teams; first < rows; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        i64 count = row < rows ? n : 0;
        Row<P> upstream(g + row * n, count, whole, team);
        Row<P> result(y + row * n, count, whole, team);
        ACC sum = 0;
        each(upstream, result, [&](i64, const Pack<P>& gs, const Pack<P>& ys) {
#pragma unroll
            for (int j = 0; j < P; j++) sum += summand_of(load(gs.of[j]), load(ys.of[j]));
        });
        sum = team_sum(sum, shared, team);
        each(upstream, result, [&](i64 i, Pack<P> gs, const Pack<P>& ys) {
#pragma unroll
            for (int j = 0; j < P; j++) store(gs.of[j], gradient_of(load(gs.of[j]), load(ys.of[j]), sum));
            write(dx + row * n + i, gs, whole);
        });
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, ROWS_RESIDENT) softmax_grad(
        i64 rows, i64 n, const T* g, const T* y, T* dx) {
    __shared__ ACC shared[THREADS];
    if (in_packs(n)) softmax_grad_rows<PACK>(shared, rows, n, g, y, dx);
    else softmax_grad_rows<1>(shared, rows, n, g, y, dx);
}

extern "C" __global__ void softmax_grad_across(i64 rows, i64 n, i64 inner, const T* g, const T* y, T* dx) {
    __shared__ ACC shared[THREADS];
    Team team = team_of(1);
    for (i64 first = (i64)blockIdx.x * team.teams; first < rows; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        i64 count = row < rows ? n : 0;
        i64 base = start_of(row, n, inner);
        ACC sum = 0;
        for (i64 i = team.lane; i < count; i += team.lanes) {
            i64 at = base + i * inner;
            sum += summand_of(load(g[at]), load(y[at]));
        }
        sum = team_sum(sum, shared, team);
        for (i64 i = team.lane; i < count; i += team.lanes) {
            i64 at = base + i * inner;
            store(dx[at], gradient_of(load(g[at]), load(y[at]), sum));
        }
    }
}
