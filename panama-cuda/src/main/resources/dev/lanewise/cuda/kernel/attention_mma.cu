// Tiles of attention by the tensor cores' products of 16 bits, which add in single precision. Defined in front:
//   T                 element type: f16 or bf16
//   MMA               its name in PTX, as a string
//   ACC               float
//   WIDTH             the most columns of queries, keys and values: 32, 64 or 128

constexpr int BLOCK = 128;
constexpr int RESIDENT = WIDTH < 128 ? 3 : 2;        // blocks of a multiprocessor: what their registers allow
constexpr int GRADIENTS_RESIDENT = 2;
constexpr int GROUP = 2;
constexpr int ROWS = 64;
constexpr int PACK = 8;                              // elements that are copied at once
constexpr int PACKS = WIDTH / PACK;
constexpr int STRIDE = WIDTH < 64 ? 32 : WIDTH / 2;  // words from row to row of a tile
constexpr int STEPS = WIDTH / 16;                    // products along a row
constexpr int TILE_ROWS = 2;
constexpr int LANES_OF_ROW = 4;
constexpr int TILE_OTHERS = ROWS / LANES_OF_ROW;
constexpr int GRADIENT_OTHERS = WIDTH < 128 ? TILE_OTHERS : TILE_OTHERS / 2;  // what shared memory has room for
constexpr int OUT = WIDTH / 4;

struct alignas(4) Group { T of[GROUP]; };
struct alignas(16) Words { u32 of[PACK / 2]; };

// As many rows of one operand as N scores of a thread are for.
template <int N> struct alignas(16) Tile { u32 of[N * LANES_OF_ROW * STRIDE]; };

// Where rows are copied to, and how many columns they have.
template <int N> struct Stage {
    Tile<N>& tile;
    int columns;
};

struct Tiles {
    Tile<TILE_OTHERS> keys, values;
};

__device__ inline Stage<TILE_OTHERS> key_stage(Tiles& tiles) { return {tiles.keys, 0}; }
__device__ inline Stage<TILE_OTHERS> value_stage(Tiles& tiles) { return {tiles.values, 0}; }

struct GradientTiles {
    Tile<TILE_OTHERS> own[2];
    Tile<GRADIENT_OTHERS> other[2];
};

__device__ inline Stage<TILE_OTHERS> own_stage(GradientTiles& tiles, int i) { return {tiles.own[i], 0}; }
__device__ inline Stage<GRADIENT_OTHERS> other_stage(GradientTiles& tiles, int i) { return {tiles.other[i], 0}; }

// A warp takes sixteen own rows. Who holds what of a product's operands and result is given by the instruction.
__device__ inline int lane_row() { return threadIdx.x >> 2 & 7; }
__device__ inline int lane_of_row() { return threadIdx.x & 3; }

__device__ inline int own_row(int i) { return threadIdx.x / 32 * 16 + lane_row() + 8 * i; }
__device__ inline int other_row(int j) { return j / 2 * 8 + lane_of_row() * 2 + j % 2; }
__device__ inline int out_column(int n) { return n / 2 * 8 + lane_of_row() * 2 + n % 2; }

// Combines the values of all threads that share their own rows.
template <typename F> __device__ inline ACC over_row(ACC value, F combine) {
#pragma unroll
    for (int lane = 1; lane <= 2; lane *= 2) value = combine(value, __shfl_xor_sync(0xffffffffu, value, lane));
    return value;
}

// Where a pack lies in a tile: eight rows have theirs in different banks.
__device__ inline int place(int row, int pack) { return row * STRIDE + (pack ^ (row & 7)) * (PACK / 2); }

__device__ inline T element(u32 bits) {
    T x;
    x.bits = (u16)bits;
    return x;
}

__device__ inline u32 word_of(T low, T high) { return low.bits | (u32)high.bits << 16; }

__device__ inline u32 word_of(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    u32 word;
    asm("cvt.rn." MMA "x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
    return word;
#else
    T x;
    T y;
    store(x, low);
    store(y, high);
    return word_of(x, y);
#endif
}

__device__ inline Group group_of(const float* from) {
    Group group;
    *(u32*)&group = word_of(from[0], from[1]);
    return group;
}

__device__ inline float exponential(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x * 1.44269504088896340736f));
    return y;
}

// The product of 16 rows of 16 elements and 8 columns of as many is added to c: two columns of the rows lane_row() and
// lane_row() + 8.
__device__ inline void multiply_add(float& c0, float& c1, float& c2, float& c3, const u32 (&a)[4], u32 b0, u32 b1) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    // volatile: moved into a branch that only some threads of a warp take it would be undefined
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." MMA "." MMA ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(c0), "+f"(c1), "+f"(c2), "+f"(c3)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
    // without such an instruction (BF16 before compute capability 8.0): elements are fetched from the threads that hold them
    float* c[4] = {&c0, &c1, &c2, &c3};
    int row = threadIdx.x & 28;
#pragma unroll
    for (int word = 0; word < 8; word++) {
        int lane = word % 4;
        u32 upper = __shfl_sync(0xffffffffu, a[word / 4 * 2], row + lane);
        u32 lower = __shfl_sync(0xffffffffu, a[word / 4 * 2 + 1], row + lane);
#pragma unroll
        for (int x = 0; x < 2; x++) {
            u32 column = __shfl_sync(0xffffffffu, word < 4 ? b0 : b1, (lane_of_row() * 2 + x) * 4 + lane);
#pragma unroll
            for (int half = 0; half < 32; half += 16) {
                *c[x] += load(element(upper >> half)) * load(element(column >> half));
                *c[2 + x] += load(element(lower >> half)) * load(element(column >> half));
            }
        }
    }
#endif
}

// Four matrices of 8 by 8 elements, whose rows lie where eight threads after the other say: a thread gets two neighbours of
// row lane_row() of each, or of its transpose.
template <bool TRANSPOSED> __device__ inline void load_matrices(u32 (&to)[4], const u32* row) {
    u32 from = (u32)__cvta_generic_to_shared(row);
    if (TRANSPOSED) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
            : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(from) : "memory");
    } else {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
            : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(from) : "memory");
    }
}

// Copies 16 bytes without waiting, or writes zeros.
__device__ inline void copy(u32* to, const T* from, bool inside) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    u32 address = (u32)__cvta_generic_to_shared(to);
    int bytes = inside ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" : : "r"(address), "l"(from), "r"(bytes) : "memory");
#else
    *(Words*)to = inside ? *(const Words*)from : Words{};
#endif
}

// Ends a group of copies.
__device__ inline void end_group() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" : : : "memory");
#endif
}

// Waits until all threads have all groups of copies but the last `LATER`.
template <int LATER> __device__ inline void arrived() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" : : "n"(LATER) : "memory");
#endif
    __syncthreads();
}

// Waits until no thread reads any more what copies are about to replace.
__device__ inline void used() { __syncthreads(); }

struct Matrix {
    const T* at;
    i64 row, column;
    int rows, columns, packed;

    __device__ bool has(int r, int c) const { return r < rows && c < columns; }
    __device__ const T* place_of(int r, int c) const { return at + r * row + c * column; }

    // Neighbouring elements of a row, zeros beyond the matrix.
    __device__ Words read(int r, int c) const {
        T elements[PACK] = {};
#pragma unroll
        for (int x = 0; x < PACK; x++) {
            if (has(r, c + x)) elements[x] = *place_of(r, c + x);
        }
        Words words;
#pragma unroll
        for (int x = 0; x < PACK / 2; x++) words.of[x] = word_of(elements[2 * x], elements[2 * x + 1]);
        return words;
    }
};

// Begins to copy rows of a matrix, a group of copies.
template <int N> __device__ inline void start(Stage<N>& to, const Matrix& from, int first) {
    constexpr int TURNS = N * LANES_OF_ROW * PACKS / BLOCK;
    u32* tile = to.tile.of;
    to.columns = from.columns;
    if (from.packed) {
#pragma unroll
        for (int turn = 0; turn < TURNS; turn++) {
            int row = (turn * BLOCK + threadIdx.x) / PACKS;
            int pack = (turn * BLOCK + threadIdx.x) % PACKS;
            bool inside = from.has(first + row, pack * PACK);
            copy(tile + place(row, pack), inside ? from.place_of(first + row, pack * PACK) : from.at, inside);
        }
    } else {
#pragma unroll 1
        for (int turn = 0; turn < TURNS; turn++) {
            int row = (turn * BLOCK + threadIdx.x) / PACKS;
            int pack = (turn * BLOCK + threadIdx.x) % PACKS;
            *(Words*)(tile + place(row, pack)) = from.read(first + row, pack * PACK);
        }
    }
    end_group();
}

// Own rows as a product's first operand: 16 columns of those of a warp.
__device__ inline void own_rows(u32 (&own)[4], const Stage<TILE_OTHERS>& stage, int step) {
    int lane = threadIdx.x % 32;
    load_matrices<false>(own, stage.tile.of + place(threadIdx.x / 32 * 16 + lane % 16, step * 2 + lane / 16));
}

// All their columns, in registers.
struct Fragments {
    u32 of[STEPS][4];
};

__device__ inline Fragments keep(const Stage<TILE_OTHERS>& stage) {
    Fragments own;
#pragma unroll
    for (int step = 0; step < STEPS; step++) own_rows(own.of[step], stage, step);
    return own;
}

__device__ inline void own_rows(u32 (&own)[4], const Fragments& fragments, int step) {
#pragma unroll
    for (int i = 0; i < 4; i++) own[i] = fragments.of[step][i];
}

// Adds the products of own and other rows.
template <int N, typename Own>
__device__ inline void products(ACC (&sums)[TILE_ROWS][N], const Own& rows, const Stage<N>& others) {
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int step = 0; step < STEPS; step++) {
        if (step * 16 >= others.columns) break;  // the same for all threads: they multiply together
        u32 own[4];
        own_rows(own, rows, step);
#pragma unroll
        for (int j = 0; j < N; j += 4) {
            u32 other[4];
            int row = j * 4 + lane / 16 * 8 + lane % 8;
            load_matrices<false>(other, others.tile.of + place(row, step * 2 + lane / 8 % 2));
            multiply_add(sums[0][j], sums[0][j + 1], sums[1][j], sums[1][j + 1], own, other[0], other[1]);
            multiply_add(sums[0][j + 2], sums[0][j + 3], sums[1][j + 2], sums[1][j + 3], own, other[2], other[3]);
        }
    }
}

// Adds other rows, each as often as the own rows' weights say. The weights are rounded to the elements' type.
template <int N> __device__ inline void weighted_sums(
        ACC (&sums)[TILE_ROWS][OUT], const ACC (&weights)[TILE_ROWS][N], const Stage<N>& others) {
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int j = 0; j < N; j += 4) {
        // a result of products has its elements where an operand has to have them
        u32 own[4] = {
            word_of(weights[0][j], weights[0][j + 1]), word_of(weights[1][j], weights[1][j + 1]),
            word_of(weights[0][j + 2], weights[0][j + 3]), word_of(weights[1][j + 2], weights[1][j + 3]),
        };
#pragma unroll
        for (int n = 0; n < OUT; n += 4) {
            if (n * 4 >= others.columns) break;
            u32 other[4];
            load_matrices<true>(other, others.tile.of + place(j * 4 + lane % 16, n / 2 + lane / 16));
            multiply_add(sums[0][n], sums[0][n + 1], sums[1][n], sums[1][n + 1], own, other[0], other[1]);
            multiply_add(sums[0][n + 2], sums[0][n + 3], sums[1][n + 2], sums[1][n + 3], own, other[2], other[3]);
        }
    }
}
