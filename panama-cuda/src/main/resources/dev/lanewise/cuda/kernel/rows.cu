// Rows whose elements lie side by side, each shared by a team. They are read once, in packs of 16 bytes where all rows
// consist of whole ones, and kept in registers; rows too long for those are read again for every pass. Which thread has which
// elements, and so the order of sums, depends on sizes only: rows at an address that is no multiple of 16 are divided into
// packs too, whose elements are read one by one. Defined in front:
//   T                 element type
//   ACC               what is computed in

constexpr int PACK = 16 / (int)sizeof(T);
constexpr int KEPT = 64 / (int)sizeof(ACC);          // elements that a thread has registers for
constexpr int ROWS_RESIDENT = 2;                     // blocks of a multiprocessor: what those registers allow

template <int P> struct alignas(P * sizeof(T)) Pack { T of[P]; };

// A pack, at once or one by one.
template <int P> __device__ inline Pack<P> read_pack(const T* from, bool at_once) {
    if (P == 1 || at_once) return *(const Pack<P>*)from;
    Pack<P> pack;
#pragma unroll
    for (int j = 0; j < P; j++) pack.of[j] = from[j];
    return pack;
}

template <int P> __device__ inline void write(T* to, const Pack<P>& pack, bool at_once) {
    if (P == 1 || at_once) {
        *(Pack<P>*)to = pack;
        return;
    }
#pragma unroll
    for (int j = 0; j < P; j++) to[j] = pack.of[j];
}

// A thread's share of a row: of KEPT elements of every lane P neighbours each time.
template <int P> struct Row {
    const T* at;
    i64 n;
    bool whole;
    int lane, lanes;
    Pack<P> kept[KEPT / P];

    __device__ Row(const T* at, i64 n, bool whole, const Team& team)
        : at(at), n(n), whole(whole), lane(team.lane), lanes(team.lanes) {
        if (is_kept()) read(0);
    }

    // The elements that a team has registers for, and how many of them there are from one on.
    __device__ int at_once() const { return KEPT * lanes; }
    __device__ bool is_kept() const { return n <= at_once(); }
    __device__ int left(i64 from) const { return n - from < at_once() ? (int)(n - from) : at_once(); }

    // The k-th pack's place among them.
    __device__ int place(int k) const { return (k * lanes + lane) * P; }

    __device__ void read(i64 from) {
        int end = left(from);
#pragma unroll
        for (int k = 0; k < KEPT / P; k++) {
            if (place(k) < end) kept[k] = read_pack<P>(at + from + place(k), whole);
        }
    }
};

// Calls `work` with the place of each of a thread's packs and with the pack.
template <int P, typename F> __device__ inline void each(Row<P>& row, F work) {
#pragma unroll 1
    for (i64 from = 0; from < row.n; from += row.at_once()) {
        if (!row.is_kept()) row.read(from);
        int end = row.left(from);
#pragma unroll
        for (int k = 0; k < KEPT / P; k++) {
            if (row.place(k) < end) work(from + row.place(k), row.kept[k]);
        }
    }
}

// The same for the packs of two rows of one length.
template <int P, typename F> __device__ inline void each(Row<P>& a, Row<P>& b, F work) {
#pragma unroll 1
    for (i64 from = 0; from < a.n; from += a.at_once()) {
        if (!a.is_kept()) {
            a.read(from);
            b.read(from);
        }
        int end = a.left(from);
#pragma unroll
        for (int k = 0; k < KEPT / P; k++) {
            if (a.place(k) < end) work(from + a.place(k), a.kept[k], b.kept[k]);
        }
    }
}

template <int P> __device__ inline ACC largest(Row<P>& row, ACC* shared, const Team& team) {
    ACC top = -(ACC)(1.0 / 0.0);
    each(row, [&](i64, const Pack<P>& pack) {
#pragma unroll
        for (int j = 0; j < P; j++) top = maximum(top, (ACC)load(pack.of[j]));
    });
    return team_max(top, shared, team);
}

// The sum of e^(x - top), where `top` is the largest x: no exponential overflows.
template <int P> __device__ inline ACC sum_of_exponentials(Row<P>& row, ACC top, ACC* shared, const Team& team) {
    ACC sum = 0;
    each(row, [&](i64, const Pack<P>& pack) {
#pragma unroll
        for (int j = 0; j < P; j++) sum += exp((ACC)load(pack.of[j]) - top);
    });
    return team_sum(sum, shared, team);
}

// A pack of numbers that all rows share, zeros where there are none.
template <int P> __device__ inline Pack<P> read_shared(const T* from, i64 i, bool at_once) {
    Pack<P> pack = {};
    if (from) pack = read_pack<P>(from + i, at_once);
    return pack;
}

// Whether rows of n elements consist of packs.
__device__ inline bool in_packs(i64 n) { return n % PACK == 0; }

// Whether packs lie at addresses of which memory gives and takes them at once; some addresses may be null.
__device__ inline bool are_aligned(const T* a, const T* b, const T* c, const T* d) {
    return ((u64)a | (u64)b | (u64)c | (u64)d) % 16 == 0;
}
