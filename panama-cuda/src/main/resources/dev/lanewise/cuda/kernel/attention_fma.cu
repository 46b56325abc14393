// Tiles of attention by multiply-adds of single numbers. Defined in front:
//   T                 element type
//   ACC               what is computed in
//   WIDTH             the most columns of queries, keys and values: 32, 64 or 128

constexpr int BLOCK = 128;
constexpr int RESIDENT = WIDTH < 64 ? 3 : 2;         // blocks of a multiprocessor: what their registers allow
constexpr int GRADIENTS_RESIDENT = 2;
constexpr int GROUP = 16 / (int)sizeof(ACC);         // numbers that shared memory reads at once
constexpr int ROWS = 256 / (int)sizeof(ACC);         // of a tile
constexpr int COLUMNS = WIDTH < 64 ? WIDTH : 64;     // of a tile; wider matrices pass in parts
constexpr int GROUPS = COLUMNS / GROUP;
constexpr int STRIDE = 64 / GROUP;                   // from row to row of a tile, which also holds ROWS by ROWS scores
constexpr int TILE_ROWS = ROWS / 16;
constexpr int LANES_OF_ROW = 8;
constexpr int TILE_OTHERS = ROWS / LANES_OF_ROW;
constexpr int GRADIENT_OTHERS = WIDTH < 128 || sizeof(ACC) > 4 ? TILE_OTHERS : TILE_OTHERS / 2;  // as registers allow
constexpr int OUT = WIDTH / 8;
constexpr int OUT_OF_PART = COLUMNS / 8;

struct alignas(16) Wide { ACC of[GROUP]; };
struct alignas(GROUP * sizeof(T)) Group { T of[GROUP]; };

struct Tiles {
    Wide own[ROWS * STRIDE];
    Wide other[ROWS * STRIDE];
};

typedef Tiles GradientTiles;

__device__ inline Group group_of(const ACC* from) {
    Group group;
#pragma unroll
    for (int x = 0; x < GROUP; x++) store(group.of[x], from[x]);
    return group;
}

__device__ inline ACC exponential(ACC x) { return exp(x); }

// A warp takes a quarter of the own rows: four threads by eight. Neighbours in a row of threads are two apart, so that
// each half of a warp reads two own and eight other rows, each of them for a pair of threads at once.
__device__ inline int lane_row() { return threadIdx.x / 32 * (ROWS / 4) + (threadIdx.x & 1) + (threadIdx.x >> 4 & 1) * 2; }
__device__ inline int lane_of_row() { return threadIdx.x >> 1 & 7; }

__device__ inline int own_row(int i) { return lane_row() + 4 * i; }
__device__ inline int other_row(int j) { return lane_of_row() + 8 * j; }
__device__ inline int out_column(int n) {
    return n / OUT_OF_PART * COLUMNS + (lane_of_row() + 8 * (n % OUT_OF_PART / GROUP)) * GROUP + n % GROUP;
}

// Combines the values of all threads that share their own rows.
template <typename F> __device__ inline ACC over_row(ACC value, F combine) {
#pragma unroll
    for (int lane = 2; lane <= 8; lane *= 2) value = combine(value, __shfl_xor_sync(0xffffffffu, value, lane));
    return value;
}

// Where a group of a row lies in a tile: eight rows have theirs in different banks.
__device__ inline int place(int row, int group) { return row * STRIDE + (group ^ (row & 7)); }

struct Matrix {
    const T* at;
    i64 row, column;
    int rows, columns, packed;

    // A group of elements, zeros beyond the matrix.
    __device__ Wide read(int r, int c) const {
        Wide group = {};
        if (r >= rows) return group;
        const T* from = at + r * row + c * column;
#pragma unroll
        for (int x = 0; x < GROUP; x++) {
            if (c + x < columns) group.of[x] = load(from[x * column]);
        }
        return group;
    }

    __device__ Wide read_packed(int r, int c) const {
        Wide group = {};
        if (r >= rows || c >= columns) return group;
        Group elements = *(const Group*)(at + r * row + c);
#pragma unroll
        for (int x = 0; x < GROUP; x++) group.of[x] = load(elements.of[x]);
        return group;
    }
};

template <int FILLED> __device__ inline void fill(Wide* tile, const Matrix& from, int first, int first_column) {
    constexpr int TURNS = FILLED * GROUPS / BLOCK;
    int row = threadIdx.x / GROUPS;
    int group = threadIdx.x % GROUPS;
    int column = first_column + group * GROUP;
    if (from.packed) {
        // as many on their way at once as there are registers for
        constexpr int AT_ONCE = WIDTH < 128 && TURNS % 8 == 0 ? 8 : TURNS % 4 == 0 ? 4 : 1;
#pragma unroll 1
        for (int turn = 0; turn < TURNS; turn += AT_ONCE) {
            Wide groups[AT_ONCE];
#pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                groups[i] = from.read_packed(first + row + (turn + i) * (BLOCK / GROUPS), column);
            }
#pragma unroll
            for (int i = 0; i < AT_ONCE; i++) tile[place(row + (turn + i) * (BLOCK / GROUPS), group)] = groups[i];
        }
    } else {
#pragma unroll 1
        for (int turn = 0; turn < TURNS; turn++) {
            tile[place(row + turn * (BLOCK / GROUPS), group)] = from.read(first + row + turn * (BLOCK / GROUPS), column);
        }
    }
}

// Rows to multiply. They are not copied ahead: all pass through the same tiles, in single or double precision.
template <int N> struct Stage {
    Tiles& tiles;
    Matrix from;
    int first;
};

__device__ inline Stage<TILE_OTHERS> key_stage(Tiles& tiles) { return {tiles, {}, 0}; }
__device__ inline Stage<TILE_OTHERS> value_stage(Tiles& tiles) { return {tiles, {}, 0}; }
__device__ inline Stage<TILE_OTHERS> own_stage(Tiles& tiles, int) { return {tiles, {}, 0}; }
__device__ inline Stage<GRADIENT_OTHERS> other_stage(Tiles& tiles, int) { return {tiles, {}, 0}; }

template <int N> __device__ inline void start(Stage<N>& to, const Matrix& from, int first) {
    to.from = from;
    to.first = first;
}

template <int LATER> __device__ inline void arrived() {}
__device__ inline void used() {}
__device__ inline void end_group() {}

__device__ inline Stage<TILE_OTHERS> keep(const Stage<TILE_OTHERS>& stage) { return stage; }

// Adds the products of own and other rows.
template <int N>
__device__ inline void products(ACC (&sums)[TILE_ROWS][N], const Stage<TILE_OTHERS>& a, const Stage<N>& b) {
    Tiles& tiles = a.tiles;
    int columns = a.from.columns;
    for (int column = 0; column < columns; column += COLUMNS) {
        fill<ROWS>(tiles.own, a.from, a.first, column);
        fill<N * LANES_OF_ROW>(tiles.other, b.from, b.first, column);
        __syncthreads();
        int left = columns - column < COLUMNS ? columns - column : COLUMNS;
#pragma unroll 1
        for (int group = 0; group * GROUP < left; group++) {
            Wide own[TILE_ROWS];
#pragma unroll
            for (int i = 0; i < TILE_ROWS; i++) own[i] = tiles.own[place(own_row(i), group)];
#pragma unroll
            for (int j = 0; j < N; j++) {
                Wide other = tiles.other[place(other_row(j), group)];
#pragma unroll
                for (int i = 0; i < TILE_ROWS; i++) {
#pragma unroll
                    for (int x = 0; x < GROUP; x++) sums[i][j] += own[i].of[x] * other.of[x];
                }
            }
        }
        __syncthreads();
    }
}

// Adds other rows, each as often as the own rows' weights say.
template <int N> __device__ inline void weighted_sums(
        ACC (&sums)[TILE_ROWS][OUT], const ACC (&weights)[TILE_ROWS][N], const Stage<N>& others) {
    constexpr int OTHERS = N * LANES_OF_ROW;
    Tiles& tiles = others.tiles;
    const Matrix& b = others.from;
    if (b.columns == 0) return;
#pragma unroll
    for (int i = 0; i < TILE_ROWS; i++) {
#pragma unroll
        for (int j = 0; j < N; j++) {
            tiles.own[place(own_row(i), other_row(j) / GROUP)].of[other_row(j) % GROUP] = weights[i][j];
        }
    }
    int rows = b.rows - others.first < OTHERS ? b.rows - others.first : OTHERS;
#pragma unroll
    for (int part = 0; part < OUT / OUT_OF_PART; part++) {
        if (part * COLUMNS >= b.columns) break;
        fill<OTHERS>(tiles.other, b, others.first, part * COLUMNS);
        __syncthreads();
#pragma unroll 1
        for (int group = 0; group * GROUP < rows; group++) {
            Wide own[TILE_ROWS];
#pragma unroll
            for (int i = 0; i < TILE_ROWS; i++) own[i] = tiles.own[place(own_row(i), group)];
#pragma unroll
            for (int x = 0; x < GROUP; x++) {
#pragma unroll
                for (int n = 0; n < OUT_OF_PART; n += GROUP) {
                    Wide other = tiles.other[place(group * GROUP + x, lane_of_row() + 8 * (n / GROUP))];
#pragma unroll
                    for (int i = 0; i < TILE_ROWS; i++) {
#pragma unroll
                        for (int z = 0; z < GROUP; z++) {
                            sums[i][part * OUT_OF_PART + n + z] += own[i].of[x] * other.of[z];
                        }
                    }
                }
            }
        }
        __syncthreads();
    }
}
