// Attention and its gradients without the matrix of all scores (Dao et al. 2022, arXiv:2205.14135; Dao 2023,
// arXiv:2307.08691). A block has BLOCK threads and takes a tile of ROWS queries of a head past all its tiles of keys, or,
// for the gradients of keys and values, a tile of keys past all queries. Behind what computes tiles: TILE_ROWS by
// TILE_OTHERS scores has a thread (by GRADIENT_OTHERS in gradients), those of rows own_row(i) and other rows other_row(j)
// of two tiles, and of the result WIDTH columns, OUT in each of its rows, in groups of GROUP neighbours that begin at
// out_column(n). start() begins to copy rows to shared memory, arrived<n>() waits for all copies but the last n, and
// used() until they may be replaced: the next tile is on its way while this one is computed.
// Nothing is added atomically: all sums are made in the order of rows, whatever the device.

__device__ inline ACC minus_infinity() { return -(ACC)(1.0 / 0.0); }

// One operand: the strides of heads, rows and columns.
struct Operand {
    const T* at;
    Strides heads;
    i64 row, column;
    i64 columns;
    i64 packed;  // whether groups of neighbours may be read at once
};

struct Problem {
    Dims heads;
    i64 count;
    i64 queries, keys;
    i64 causal;
    double scale;
    Operand q, k, v, g, y, mask;
};

// Rows of a head are counted in 32 bits: more registers would not fit.
__device__ inline int queries_of(const Problem& p) { return (int)p.queries; }
__device__ inline int keys_of(const Problem& p) { return (int)p.keys; }

__device__ inline Matrix matrix(const Problem& p, const Operand& operand, i64 head, int rows) {
    return Matrix{operand.at + offset(p.heads, operand.heads, (u64)head), operand.row, operand.column, rows,
            (int)operand.columns, (int)operand.packed};
}

__device__ inline const T* mask_of(const Problem& p, i64 head) {
    return p.mask.at ? p.mask.at + offset(p.heads, p.mask.heads, (u64)head) : 0;
}

__device__ inline int at_most(int n, int most) { return n < most ? n : most; }

// Turns products of queries and keys into scores; what is hidden, and what lies beyond the matrix, is minus infinity. The
// own rows are those of keys, or of queries.
template <bool OF_KEYS, int N> __device__ inline void score(
        ACC (&scores)[TILE_ROWS][N], const Problem& p, const T* mask, int first_query, int first_key) {
    constexpr int OTHERS = N * LANES_OF_ROW;
    constexpr int QUERIES = OF_KEYS ? OTHERS : ROWS;
    constexpr int KEYS = OF_KEYS ? ROWS : OTHERS;
    int queries = at_most(queries_of(p) - first_query, QUERIES);
    int keys = at_most(keys_of(p) - first_key, KEYS);
#pragma unroll
    for (int i = 0; i < TILE_ROWS; i++) {
#pragma unroll
        for (int j = 0; j < N; j++) scores[i][j] *= (ACC)p.scale;
    }
    if (mask) {
        const T* at = mask + first_query * p.mask.row + first_key * p.mask.column;
#pragma unroll
        for (int i = 0; i < TILE_ROWS; i++) {
#pragma unroll
            for (int j = 0; j < N; j++) {
                int query = OF_KEYS ? other_row(j) : own_row(i);
                int key = OF_KEYS ? own_row(i) : other_row(j);
                if (query < queries && key < keys) scores[i][j] += load(at[query * p.mask.row + key * p.mask.column]);
            }
        }
    }
    // key - query of the last key that a query sees, both counted in the tile
    int apart = first_query - first_key;
    int last = !p.causal || apart > ROWS ? ROWS : apart < -ROWS ? -ROWS : apart;
    if (queries == QUERIES && keys == KEYS && last >= KEYS - 1) return;
#pragma unroll
    for (int i = 0; i < TILE_ROWS; i++) {
#pragma unroll
        for (int j = 0; j < N; j++) {
            int query = OF_KEYS ? other_row(j) : own_row(i);
            int key = OF_KEYS ? own_row(i) : other_row(j);
            if (query >= queries || key >= keys || key - query > last) scores[i][j] = minus_infinity();
        }
    }
}

// A tile of rows of a head. The work that takes longest begins first: where attention is causal, that of the last queries
// and of the first keys.
struct Task {
    i64 head;
    int first;
};

__device__ inline int tiles_of(int rows) { return (rows + ROWS - 1) / ROWS; }

__device__ inline Task task_of(i64 number, int rows, bool last_first) {
    int tiles = tiles_of(rows);
    i64 head = divide(number, tiles);
    int tile = (int)(number - head * tiles);
    return Task{head, (last_first ? tiles - 1 - tile : tile) * ROWS};
}

// Writes the rows of a result [heads, rows, columns].
__device__ inline void write(T* out, i64 head, int first, int rows, int columns, const ACC (&from)[TILE_ROWS][OUT]) {
    bool packed = columns % GROUP == 0;
#pragma unroll
    for (int i = 0; i < TILE_ROWS; i++) {
        int row = first + own_row(i);
        if (row >= rows) continue;
        T* to = out + (head * rows + row) * columns;
#pragma unroll
        for (int n = 0; n < OUT; n += GROUP) {
            int column = out_column(n);
            Group values = group_of(from[i] + n);
            if (packed && column < columns) {
                *(Group*)(to + column) = values;
            } else {
#pragma unroll
                for (int x = 0; x < GROUP; x++) {
                    if (column + x < columns) to[column + x] = values.of[x];
                }
            }
        }
    }
}

// Turns the scores of another tile of keys into exponentials, and scales what earlier tiles gave where a row's largest
// score grew (Milakov and Gimelshein 2018, arXiv:1805.02867). `sum` is a thread's share of a row's sum.
__device__ inline void weigh(
        ACC (&scores)[TILE_ROWS][TILE_OTHERS], ACC (&top)[TILE_ROWS], ACC (&sum)[TILE_ROWS], ACC (&out)[TILE_ROWS][OUT]) {
#pragma unroll
    for (int i = 0; i < TILE_ROWS; i++) {
        ACC highest = minus_infinity();
#pragma unroll
        for (int j = 0; j < TILE_OTHERS; j++) highest = maximum(highest, scores[i][j]);
        highest = maximum(top[i], over_row(highest, [](ACC x, ACC y) { return maximum(x, y); }));
        // a row that sees nothing yet has no largest score to subtract
        ACC shift = highest == minus_infinity() ? (ACC)0 : highest;
        ACC factor = exponential(top[i] - shift);
        ACC total = 0;
#pragma unroll
        for (int j = 0; j < TILE_OTHERS; j++) {
            scores[i][j] = exponential(scores[i][j] - shift);
            total += scores[i][j];
        }
        sum[i] = sum[i] * factor + total;
        top[i] = highest;
#pragma unroll
        for (int n = 0; n < OUT; n++) out[i][n] *= factor;
    }
}

extern "C" __global__ void __launch_bounds__(BLOCK, RESIDENT) attention(Problem p, T* y, ACC* log_sums) {
    constexpr int OTHERS = TILE_OTHERS * LANES_OF_ROW;
    __shared__ Tiles tiles;
    for (i64 number = blockIdx.x; number < p.count * tiles_of(queries_of(p)); number += gridDim.x) {
        Task task = task_of(number, queries_of(p), p.causal);
        Matrix k = matrix(p, p.k, task.head, keys_of(p));
        Matrix v = matrix(p, p.v, task.head, keys_of(p));
        const T* mask = mask_of(p, task.head);
        auto keys = key_stage(tiles);
        auto values = value_stage(tiles);
        start(keys, matrix(p, p.q, task.head, queries_of(p)), task.first);
        arrived<0>();
        auto queries = keep(keys);
        used();
        ACC out[TILE_ROWS][OUT] = {};
        ACC top[TILE_ROWS];
        ACC sum[TILE_ROWS] = {};
#pragma unroll
        for (int i = 0; i < TILE_ROWS; i++) top[i] = minus_infinity();
        int end = p.causal && task.first + ROWS < keys_of(p) ? task.first + ROWS : keys_of(p);
        start(keys, k, 0);
        for (int key = 0; key < end; key += OTHERS) {
            start(values, v, key);
            arrived<1>();
            ACC scores[TILE_ROWS][TILE_OTHERS] = {};
            products(scores, queries, keys);
            used();
            // a group without copies where there are no more keys
            if (key + OTHERS < end) start(keys, k, key + OTHERS);
            else end_group();
            score<false>(scores, p, mask, task.first, key);
            weigh(scores, top, sum, out);
            arrived<1>();
            weighted_sums(out, scores, values);
            used();
        }
#pragma unroll
        for (int i = 0; i < TILE_ROWS; i++) {
            ACC total = over_row(sum[i], [](ACC x, ACC y) { return x + y; });
            ACC share = 1 / total;
            // a row that sees nothing gives nothing, not even what hidden infinite values left
#pragma unroll
            for (int n = 0; n < OUT; n++) out[i][n] = total == 0 ? (ACC)0 : out[i][n] * share;
            int row = task.first + own_row(i);
            if (lane_of_row() == 0 && row < queries_of(p)) log_sums[task.head * p.queries + row] = top[i] + log(total);
        }
        write(y, task.head, task.first, queries_of(p), v.columns, out);
    }
}

// With P = exp(scores - log_sum), delta = rowsum(dO O) and dS = P (dO v^T - delta), the gradients of queries, keys and
// values are scale dS k, scale dS^T q and P^T dO. The factor comes last: small numbers of 16 bits would vanish.

// What is subtracted from a row's scores; a row that sees nothing has no sum, and its exponentials are zero as they are.
__device__ inline ACC shift_of(const ACC* log_sums, i64 row) {
    return log_sums[row] == minus_infinity() ? (ACC)0 : log_sums[row];
}

__device__ inline void scale_all(ACC (&out)[TILE_ROWS][OUT], double scale) {
#pragma unroll
    for (int i = 0; i < TILE_ROWS; i++) {
#pragma unroll
        for (int n = 0; n < OUT; n++) out[i][n] *= (ACC)scale;
    }
}

// Each row's delta, which the gradients read from `deltas`.
__device__ inline void sum_deltas(const Matrix& g, const Matrix& y, int first, ACC* deltas) {
#pragma unroll 1
    for (int i = 0; i < TILE_ROWS; i++) {
        int row = first + own_row(i);
        ACC sum = 0;
        for (int column = lane_of_row(); row < g.rows && column < g.columns; column += LANES_OF_ROW) {
            sum += load(g.at[row * g.row + column * g.column]) * load(y.at[row * y.row + column * y.column]);
        }
        sum = over_row(sum, [](ACC a, ACC b) { return a + b; });
        if (lane_of_row() == 0 && row < g.rows) deltas[row] = sum;
    }
}

extern "C" __global__ void __launch_bounds__(BLOCK, GRADIENTS_RESIDENT) attention_grad_queries(
        Problem p, const ACC* log_sums, ACC* deltas, T* dq) {
    constexpr int OTHERS = GRADIENT_OTHERS * LANES_OF_ROW;
    __shared__ GradientTiles tiles;
    for (i64 number = blockIdx.x; number < p.count * tiles_of(queries_of(p)); number += gridDim.x) {
        Task task = task_of(number, queries_of(p), p.causal);
        Matrix q = matrix(p, p.q, task.head, queries_of(p));
        Matrix g = matrix(p, p.g, task.head, queries_of(p));
        Matrix k = matrix(p, p.k, task.head, keys_of(p));
        Matrix v = matrix(p, p.v, task.head, keys_of(p));
        const T* mask = mask_of(p, task.head);
        auto queries = own_stage(tiles, 0);
        auto upstream = own_stage(tiles, 1);
        auto keys = other_stage(tiles, 0);
        auto values = other_stage(tiles, 1);
        start(queries, q, task.first);
        start(upstream, g, task.first);
        start(values, v, 0);
        start(keys, k, 0);
        // through memory: kept in registers they would not fit
        sum_deltas(g, matrix(p, p.y, task.head, queries_of(p)), task.first, deltas + task.head * p.queries);
        __syncthreads();
        ACC out[TILE_ROWS][OUT] = {};
        int end = p.causal && task.first + ROWS < keys_of(p) ? task.first + ROWS : keys_of(p);
        for (int key = 0; key < end; key += OTHERS) {
            ACC scores[TILE_ROWS][GRADIENT_OTHERS] = {};
            ACC grads[TILE_ROWS][GRADIENT_OTHERS] = {};
            arrived<1>();
            products(grads, upstream, values);
            used();
            if (key + OTHERS < end) start(values, v, key + OTHERS);
            else end_group();
            arrived<1>();
            products(scores, queries, keys);
            score<false>(scores, p, mask, task.first, key);
#pragma unroll
            for (int i = 0; i < TILE_ROWS; i++) {
                int query = task.first + own_row(i);
                i64 row = task.head * p.queries + query;
                ACC log_sum = query < queries_of(p) ? shift_of(log_sums, row) : (ACC)0;
                ACC delta = query < queries_of(p) ? deltas[row] : (ACC)0;
#pragma unroll
                for (int j = 0; j < GRADIENT_OTHERS; j++) {
                    scores[i][j] = exponential(scores[i][j] - log_sum) * (grads[i][j] - delta);
                }
            }
            weighted_sums(out, scores, keys);
            used();
            if (key + OTHERS < end) start(keys, k, key + OTHERS);
            else end_group();
        }
        arrived<0>();
        scale_all(out, p.scale);
        write(dq, task.head, task.first, queries_of(p), q.columns, out);
    }
}

extern "C" __global__ void __launch_bounds__(BLOCK, GRADIENTS_RESIDENT) attention_grad_keys_values(
        Problem p, const ACC* log_sums, const ACC* deltas, T* dk, T* dv) {
    constexpr int OTHERS = GRADIENT_OTHERS * LANES_OF_ROW;
    __shared__ GradientTiles tiles;
    for (i64 number = blockIdx.x; number < p.count * tiles_of(keys_of(p)); number += gridDim.x) {
        Task task = task_of(number, keys_of(p), false);
        Matrix q = matrix(p, p.q, task.head, queries_of(p));
        Matrix g = matrix(p, p.g, task.head, queries_of(p));
        Matrix k = matrix(p, p.k, task.head, keys_of(p));
        Matrix v = matrix(p, p.v, task.head, keys_of(p));
        const T* mask = mask_of(p, task.head);
        int begin = p.causal ? task.first : 0;
        auto keys = own_stage(tiles, 0);
        auto values = own_stage(tiles, 1);
        auto queries = other_stage(tiles, 0);
        auto upstream = other_stage(tiles, 1);
        start(keys, k, task.first);
        start(values, v, task.first);
        start(upstream, g, begin);
        start(queries, q, begin);
        ACC of_keys[TILE_ROWS][OUT] = {};
        ACC of_values[TILE_ROWS][OUT] = {};
        for (int query = begin; query < queries_of(p); query += OTHERS) {
            ACC scores[TILE_ROWS][GRADIENT_OTHERS] = {};
            ACC grads[TILE_ROWS][GRADIENT_OTHERS] = {};
            arrived<1>();
            products(grads, values, upstream);
            arrived<0>();
            products(scores, keys, queries);
            score<true>(scores, p, mask, query, task.first);
#pragma unroll
            for (int j = 0; j < GRADIENT_OTHERS; j++) {
                int other = query + other_row(j);
                ACC log_sum = other < queries_of(p) ? shift_of(log_sums, task.head * p.queries + other) : (ACC)0;
                ACC delta = other < queries_of(p) ? deltas[task.head * p.queries + other] : (ACC)0;
#pragma unroll
                for (int i = 0; i < TILE_ROWS; i++) {
                    scores[i][j] = exponential(scores[i][j] - log_sum);
                    grads[i][j] = scores[i][j] * (grads[i][j] - delta);
                }
            }
            weighted_sums(of_values, scores, upstream);
            used();
            if (query + OTHERS < queries_of(p)) start(upstream, g, query + OTHERS);
            weighted_sums(of_keys, grads, queries);
            used();
            if (query + OTHERS < queries_of(p)) start(queries, q, query + OTHERS);
        }
        arrived<0>();
        scale_all(of_keys, p.scale);
        write(dk, task.head, task.first, keys_of(p), k.columns, of_keys);
        write(dv, task.head, task.first, keys_of(p), v.columns, of_values);
    }
}
