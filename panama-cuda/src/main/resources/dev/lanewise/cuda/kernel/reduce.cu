// Combines elements along dimensions, in an order that depends on sizes only. Defined in front of this template:
//   OUT, IN           element types
//   ACC               what is combined in
//   IDENTITY          of the combination
//   LIFT(x)           an element as something to combine
//   COMBINE(x, y)     associative
//   FINISH(x, n)      the result from the combination of n elements

struct Layout {
    View kept;
    View reduced;
};

__device__ inline ACC combine(ACC x, ACC y) { return COMBINE(x, y); }

__device__ inline ACC lifted(const Layout& layout, const IN* row, i64 i) {
    return LIFT(load(row[offset(layout.reduced, (u64)i)]));
}

// Every `step`-th element, in four chains that don't wait for one another.
__device__ inline ACC combine_elements(const Layout& layout, const IN* row, i64 from, i64 to, i64 step) {
    ACC chain[4] = {IDENTITY, IDENTITY, IDENTITY, IDENTITY};
    i64 i = from;
    for (; i + 3 * step < to; i += 4 * step) {
#pragma unroll
        for (int k = 0; k < 4; k++) chain[k] = combine(chain[k], lifted(layout, row, i + k * step));
    }
    for (; i < to; i += step) chain[0] = combine(chain[0], lifted(layout, row, i));
    return combine(combine(chain[0], chain[1]), combine(chain[2], chain[3]));
}

// A team a result and part of its elements (blockIdx.y of gridDim.y). With one part the result is finished; otherwise the
// parts go to `partial`, results x parts, for finish_parts.
extern "C" __global__ void reduce(Layout layout, int across, i64 results, i64 n, const IN* in, OUT* out, ACC* partial) {
    __shared__ ACC shared[THREADS];
    Team team = team_of(across);
    i64 part = (n + gridDim.y - 1) / gridDim.y;
    i64 from = part * blockIdx.y;
    i64 to = from + part < n ? from + part : n;
    for (i64 first = (i64)blockIdx.x * team.teams; first < results; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        ACC value = IDENTITY;
        if (row < results) {
            const IN* base = in + offset(layout.kept, (u64)row);
            value = combine_elements(layout, base, from + team.lane, to, team.lanes);
        }
        value = team_reduce(value, shared, team, combine);
        if (team.lane == 0 && row < results) {
            if (gridDim.y == 1) store(out[row], FINISH(value, n));
            else partial[row * gridDim.y + blockIdx.y] = value;
        }
    }
}

extern "C" __global__ void finish_parts(i64 results, i64 parts, i64 n, const ACC* partial, OUT* out) {
    __shared__ ACC shared[THREADS];
    Team team = team_of(0);
    for (i64 first = (i64)blockIdx.x * team.teams; first < results; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        ACC value = IDENTITY;
        if (row < results) {
            for (i64 i = team.lane; i < parts; i += team.lanes) value = combine(value, partial[row * parts + i]);
        }
        value = team_reduce(value, shared, team, combine);
        if (team.lane == 0 && row < results) store(out[row], FINISH(value, n));
    }
}
