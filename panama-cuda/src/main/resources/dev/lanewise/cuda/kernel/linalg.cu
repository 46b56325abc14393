// What surrounds cuBLAS's factorizations of many small matrices, which are column-major and in double precision. Defined in
// front:
//   T                 element type of the operands and results, whose matrices are row-major

// Matrices [count, rows, columns] to column-major ones in double precision.
extern "C" __global__ void pack(i64 count, i64 rows, i64 columns, const T* from, double* to) {
    i64 elements = rows * columns;
    for (i64 i = thread_number(); i < count * elements; i += thread_count()) {
        i64 matrix = divide(i, elements);
        i64 element = i - matrix * elements;
        i64 column = divide(element, rows);
        to[i] = load(from[matrix * elements + (element - column * rows) * columns + column]);
    }
}

// The other way, of the first `kept` rows of matrices of `rows`; without what is below the diagonal if it is to go.
extern "C" __global__ void unpack(i64 count, i64 rows, i64 kept, i64 columns, int upper, const double* from, T* to) {
    i64 elements = kept * columns;
    for (i64 i = thread_number(); i < count * elements; i += thread_count()) {
        i64 matrix = divide(i, elements);
        i64 element = i - matrix * elements;
        i64 row = divide(element, columns);
        i64 column = element - row * columns;
        store(to[i], upper && row > column ? 0.0 : from[(matrix * columns + column) * rows + row]);
    }
}

// Identity matrices.
extern "C" __global__ void identities(i64 count, i64 n, double* to) {
    for (i64 i = thread_number(); i < count * n * n; i += thread_count()) {
        i64 element = i - divide(i, n * n) * n * n;
        to[i] = element - divide(element, n) * n == divide(element, n) ? 1.0 : 0.0;
    }
}

// The array of addresses that cuBLAS takes: of matrices that are `distance` numbers apart.
extern "C" __global__ void point(i64 count, i64 distance, double* first, double** to) {
    for (i64 i = thread_number(); i < count; i += thread_count()) to[i] = first + i * distance;
}

// The product of the pivots with the sign of the permutation, of which row k was exchanged with row pivots[k] - 1.
extern "C" __global__ void determinants(i64 count, i64 n, const double* lu, const int* pivots, T* to) {
    for (i64 i = thread_number(); i < count; i += thread_count()) {
        double determinant = 1;
        for (i64 k = 0; k < n; k++) {
            double pivot = lu[i * n * n + k * n + k];
            determinant *= pivots[i * n + k] == k + 1 ? pivot : -pivot;
        }
        store(to[i], determinant);
    }
}

// Q = H_1 ... H_k of reflectors H_j = I - tau_j v_j v_j^T, where v_j is 1 in row j and below it what stands in column j of
// `qr` [rows, columns]: a thread a column of Q, which the reflectors change one after the other, the last one first.
extern "C" __global__ void reflect(
        i64 count, i64 rows, i64 columns, i64 k, const double* qr, const double* tau, double* q) {
    for (i64 i = thread_number(); i < count * k; i += thread_count()) {
        i64 matrix = divide(i, k);
        i64 column = i - matrix * k;
        const double* reflectors = qr + matrix * rows * columns;
        double* own = q + i * rows;
        for (i64 row = 0; row < rows; row++) own[row] = row == column ? 1.0 : 0.0;
        // reflectors behind the column's own number leave it as it is
        for (i64 j = column; j >= 0; j--) {
            const double* v = reflectors + j * rows;
            double sum = own[j];
            for (i64 row = j + 1; row < rows; row++) sum += v[row] * own[row];
            sum *= tau[matrix * k + j];
            own[j] -= sum;
            for (i64 row = j + 1; row < rows; row++) own[row] -= sum * v[row];
        }
    }
}
