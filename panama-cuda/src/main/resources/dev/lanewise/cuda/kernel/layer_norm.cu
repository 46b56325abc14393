// Layer normalization of the rows of a dense tensor [rows, n], and its gradient. Defined in front:
//   T                 element type
//   ACC               what is computed in
// weight and bias may be null. Behind rows.cu.

// A team a row, in two passes: the variance is that of the centered elements.
template <int P> __device__ inline void normalize_rows(ACC* shared, i64 rows, i64 n, double epsilon, const T* x,
        const T* weight, const T* bias, T* y, ACC* mean, ACC* reciprocal) {
    bool whole = are_aligned(x, weight, bias, y);
    Team team = team_of(0);
    for (i64 first = (i64)blockIdx.x * team.teams; first < rows; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        Row<P> in(x + row * n, row < rows ? n : 0, whole, team);
        ACC sum = 0;
        each(in, [&](i64, const Pack<P>& pack) {
#pragma unroll
            for (int j = 0; j < P; j++) sum += load(pack.of[j]);
        });
        ACC mu = team_sum(sum, shared, team) / (ACC)n;
        ACC squares = 0;
        each(in, [&](i64, const Pack<P>& pack) {
#pragma unroll
            for (int j = 0; j < P; j++) {
                ACC centered = load(pack.of[j]) - mu;
                squares += centered * centered;
            }
        });
        ACC r = rsqrt(team_sum(squares, shared, team) / (ACC)n + (ACC)epsilon);
        each(in, [&](i64 i, Pack<P> pack) {
            Pack<P> weights = read_shared<P>(weight, i, whole);
            Pack<P> biases = read_shared<P>(bias, i, whole);
#pragma unroll
            for (int j = 0; j < P; j++) {
                ACC value = (load(pack.of[j]) - mu) * r;
                if (weight) value *= load(weights.of[j]);
                if (bias) value += load(biases.of[j]);
                store(pack.of[j], value);
            }
            write(y + row * n + i, pack, whole);
        });
        if (team.lane == 0 && row < rows) {
            mean[row] = mu;
            reciprocal[row] = r;
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, ROWS_RESIDENT) layer_norm(
        i64 rows, i64 n, double epsilon, const T* x, const T* weight, const T* bias, T* y, ACC* mean, ACC* reciprocal) {
    __shared__ ACC shared[THREADS];
    if (in_packs(n)) {
        normalize_rows<PACK>(shared, rows, n, epsilon, x, weight, bias, y, mean, reciprocal);
    } else {
        normalize_rows<1>(shared, rows, n, epsilon, x, weight, bias, y, mean, reciprocal);
    }
}

// With h = (x - mean) * reciprocal and s = g * weight: dx = (s - mean(s) - h * mean(s * h)) * reciprocal.
template <int P> __device__ inline void gradient_rows(ACC* shared, i64 rows, i64 n, const T* g, const T* x,
        const ACC* mean, const ACC* reciprocal, const T* weight, T* dx) {
    bool whole = are_aligned(g, x, weight, dx);
    Team team = team_of(0);
    for (i64 first = (i64)blockIdx.x * team.teams; first < rows; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        i64 count = row < rows ? n : 0;
        Row<P> upstream(g + row * n, count, whole, team);
        Row<P> in(x + row * n, count, whole, team);
        ACC mu = row < rows ? mean[row] : (ACC)0;
        ACC r = row < rows ? reciprocal[row] : (ACC)0;
        ACC sum = 0;
        ACC product = 0;
        each(upstream, in, [&](i64 i, const Pack<P>& gs, const Pack<P>& xs) {
            Pack<P> weights = read_shared<P>(weight, i, whole);
#pragma unroll
            for (int j = 0; j < P; j++) {
                ACC h = (load(xs.of[j]) - mu) * r;
                ACC s = load(gs.of[j]);
                if (weight) s *= load(weights.of[j]);
                sum += s;
                product += s * h;
            }
        });
        sum = team_sum(sum, shared, team) / (ACC)n;
        product = team_sum(product, shared, team) / (ACC)n;
        each(upstream, in, [&](i64 i, Pack<P> gs, const Pack<P>& xs) {
            Pack<P> weights = read_shared<P>(weight, i, whole);
#pragma unroll
            for (int j = 0; j < P; j++) {
                ACC h = (load(xs.of[j]) - mu) * r;
                ACC s = load(gs.of[j]);
                if (weight) s *= load(weights.of[j]);
                store(gs.of[j], (s - sum - h * product) * r);
            }
            write(dx + row * n + i, gs, whole);
        });
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, ROWS_RESIDENT) layer_norm_grad_input(
        i64 rows, i64 n, const T* g, const T* x, const ACC* mean, const ACC* reciprocal, const T* weight, T* dx) {
    __shared__ ACC shared[THREADS];
    if (in_packs(n)) {
        gradient_rows<PACK>(shared, rows, n, g, x, mean, reciprocal, weight, dx);
    } else {
        gradient_rows<1>(shared, rows, n, g, x, mean, reciprocal, weight, dx);
    }
}

// Gradients of weight and bias: a team a column and part of the rows (blockIdx.y of gridDim.y), whose sums go to
// `partial` [2, parts, n].
extern "C" __global__ void layer_norm_grad_affine(
        i64 rows, i64 n, const T* g, const T* x, const ACC* mean, const ACC* reciprocal, ACC* partial) {
    __shared__ ACC shared[THREADS];
    Team team = team_of(1);
    i64 part = (rows + gridDim.y - 1) / gridDim.y;
    i64 from = part * blockIdx.y;
    i64 to = from + part < rows ? from + part : rows;
    for (i64 first = (i64)blockIdx.x * team.teams; first < n; first += (i64)gridDim.x * team.teams) {
        i64 column = first + team.number;
        ACC weight = 0;
        ACC bias = 0;
        for (i64 row = from + team.lane; column < n && row < to; row += team.lanes) {
            ACC gradient = load(g[row * n + column]);
            weight += gradient * (load(x[row * n + column]) - mean[row]) * reciprocal[row];
            bias += gradient;
        }
        weight = team_sum(weight, shared, team);
        bias = team_sum(bias, shared, team);
        if (team.lane == 0 && column < n) {
            partial[blockIdx.y * n + column] = weight;
            partial[(gridDim.y + blockIdx.y) * n + column] = bias;
        }
    }
}

extern "C" __global__ void layer_norm_grad_finish(i64 n, i64 parts, const ACC* partial, T* dweight, T* dbias) {
    for (i64 i = thread_number(); i < n; i += thread_count()) {
        ACC weight = 0;
        ACC bias = 0;
        for (i64 part = 0; part < parts; part++) {
            weight += partial[part * n + i];
            bias += partial[(parts + part) * n + i];
        }
        store(dweight[i], weight);
        store(dbias[i], bias);
    }
}
