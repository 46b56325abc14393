// Copies matrices that lie transposed, by way of shared memory, so that reads and writes are both side by side. Defined in
// front:
//   T                 a type as wide as an element

#define TILE 32

struct Matrices {
    Dims batch;
    Strides batch_out;
    Strides batch_in;
    i64 count;
    i64 rows, columns;
    i64 out_row;    // between rows of the result; its columns are neighbours
    i64 in_column;  // between columns of the operand; its rows are neighbours
};

// A block per tile, striding.
extern "C" __global__ void transpose(Matrices m, const T* in, T* out) {
    __shared__ T tile[TILE][TILE + 1];
    i64 tiles_down = (m.rows + TILE - 1) / TILE;
    i64 tiles_across = (m.columns + TILE - 1) / TILE;
    for (i64 job = blockIdx.x; job < m.count * tiles_down * tiles_across; job += gridDim.x) {
        i64 strip = divide(job, tiles_across);
        i64 matrix = divide(strip, tiles_down);
        i64 row = (strip - matrix * tiles_down) * TILE;
        i64 column = (job - strip * tiles_across) * TILE;
        const T* from = in + offset(m.batch, m.batch_in, (u64)matrix);
        T* to = out + offset(m.batch, m.batch_out, (u64)matrix);
        for (int j = threadIdx.y; j < TILE && column + j < m.columns; j += blockDim.y) {
            for (int i = threadIdx.x; i < TILE && row + i < m.rows; i += blockDim.x) {
                tile[j][i] = from[row + i + (column + j) * m.in_column];
            }
        }
        __syncthreads();
        for (int i = threadIdx.y; i < TILE && row + i < m.rows; i += blockDim.y) {
            for (int j = threadIdx.x; j < TILE && column + j < m.columns; j += blockDim.x) {
                to[(row + i) * m.out_row + column + j] = tile[j][i];
            }
        }
        __syncthreads();
    }
}
