// Running combination along the middle dimension of a dense tensor [outer, n, inner], forwards or backwards. Defined in
// front:
//   OUT, IN           element types
//   ACC               what is combined in
//   IDENTITY          of the combination
//   COMBINE(x, y)     associative

struct Scan {
    i64 lines, n, inner;
    int reverse;
};

// Where a line starts and how far its elements are apart, in the direction it is followed.
__device__ inline i64 start_of(const Scan& op, i64 line) {
    i64 block = divide(line, op.inner);
    return block * op.n * op.inner + (line - block * op.inner) + (op.reverse ? (op.n - 1) * op.inner : 0);
}

__device__ inline i64 stride_of(const Scan& op) { return op.reverse ? -op.inner : op.inner; }

// A thread per line: many lines, neighbours side by side.
extern "C" __global__ void scan_lines(Scan op, const IN* x, OUT* out) {
    i64 stride = stride_of(op);
    for (i64 line = thread_number(); line < op.lines; line += thread_count()) {
        i64 at = start_of(op, line);
        ACC running = IDENTITY;
        for (i64 i = 0; i < op.n; i++, at += stride) {
            running = COMBINE(running, (ACC)load(x[at]));
            store(out[at], running);
        }
    }
}

#define ITEMS 4

// A block a part of a line, tile after tile. Of the parts, what comes before each is in `before` [lines, parts]; null
// stands for nothing.
extern "C" __global__ void scan_parts(Scan op, i64 parts, const IN* x, const ACC* before, OUT* out) {
    __shared__ ACC shared[2][THREADS];
    int me = threadIdx.x;
    i64 stride = stride_of(op);
    i64 length = (op.n + parts - 1) / parts;
    for (i64 job = blockIdx.x; job < op.lines * parts; job += gridDim.x) {
        i64 line = divide(job, parts);
        i64 from = (job - line * parts) * length;
        i64 to = from + length < op.n ? from + length : op.n;
        i64 start = start_of(op, line);
        ACC carry = before ? before[job] : (ACC)IDENTITY;
        for (i64 tile = from; tile < to; tile += (i64)blockDim.x * ITEMS) {
            i64 own = tile + (i64)me * ITEMS;
            ACC value[ITEMS];
            ACC running = IDENTITY;
#pragma unroll
            for (int k = 0; k < ITEMS; k++) {
                if (own + k < to) running = COMBINE(running, (ACC)load(x[start + (own + k) * stride]));
                value[k] = running;
            }
            int now = 0;
            shared[now][me] = running;
            __syncthreads();
            for (int distance = 1; distance < (int)blockDim.x; distance *= 2) {
                ACC sum = shared[now][me];
                if (me >= distance) sum = COMBINE(shared[now][me - distance], sum);
                now = 1 - now;
                shared[now][me] = sum;
                __syncthreads();
            }
            ACC earlier = me == 0 ? carry : (ACC)COMBINE(carry, shared[now][me - 1]);
            carry = COMBINE(carry, shared[now][blockDim.x - 1]);
#pragma unroll
            for (int k = 0; k < ITEMS; k++) {
                if (own + k < to) store(out[start + (own + k) * stride], (ACC)COMBINE(earlier, value[k]));
            }
            __syncthreads();
        }
    }
}

// A block a part: what it combines to, to `totals` [lines, parts].
extern "C" __global__ void scan_totals(Scan op, i64 parts, const IN* x, ACC* totals) {
    __shared__ ACC shared[THREADS];
    Team team = team_of(0);
    i64 stride = stride_of(op);
    i64 length = (op.n + parts - 1) / parts;
    for (i64 job = blockIdx.x; job < op.lines * parts; job += gridDim.x) {
        i64 line = divide(job, parts);
        i64 from = (job - line * parts) * length;
        i64 to = from + length < op.n ? from + length : op.n;
        i64 start = start_of(op, line);
        ACC value = IDENTITY;
        for (i64 i = from + team.lane; i < to; i += team.lanes) value = COMBINE(value, (ACC)load(x[start + i * stride]));
        value = team_combine(value, shared, team, [](ACC a, ACC b) { return (ACC)COMBINE(a, b); });
        if (team.lane == 0) totals[job] = value;
    }
}

// A thread per line: of every part what comes before it, in place of what it combines to.
extern "C" __global__ void scan_before(i64 lines, i64 parts, ACC* totals) {
    for (i64 line = thread_number(); line < lines; line += thread_count()) {
        ACC running = IDENTITY;
        for (i64 part = 0; part < parts; part++) {
            ACC own = totals[line * parts + part];
            totals[line * parts + part] = running;
            running = COMBINE(running, own);
        }
    }
}
