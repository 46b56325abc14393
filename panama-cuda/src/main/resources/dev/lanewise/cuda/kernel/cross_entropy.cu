// Cross-entropy of dense logits [n, c] and class numbers [n], and its gradient. Defined in front:
//   T                 element type
//   ACC               what is computed in
// A row's loss is -(1 - e) w_t logp_t - e/c sum_j(w_j logp_j); rows of the ignored class count for nothing. `weights` [c]
// may be null: then every class weighs 1. Behind rows.cu.

__device__ inline ACC weight_of(const T* weights, i64 label) { return weights ? (ACC)load(weights[label]) : (ACC)1; }

struct Loss {
    i64 n, c;
    i64 ignored;
    double smoothing;
};

// A team a row. Its loss goes to `loss` where losses are not combined, else with its weight to `losses` and `row_weights`.
template <int P> __device__ inline void losses_of_rows(ACC* shared, Loss op, const T* x, const i64* labels,
        const T* weights, T* logp, T* loss, ACC* losses, ACC* row_weights, Fault* fault, i64 fault_op) {
    bool whole = are_aligned(x, logp, 0, 0);
    Team team = team_of(0);
    for (i64 first = (i64)blockIdx.x * team.teams; first < op.n; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        const T* logits = x + row * op.c;
        Row<P> in(logits, row < op.n ? op.c : 0, whole, team);
        ACC top = largest(in, shared, team);
        ACC log_sum = log(sum_of_exponentials(in, top, shared, team));
        ACC smooth = 0;
        each(in, [&](i64 i, Pack<P> pack) {
#pragma unroll
            for (int j = 0; j < P; j++) {
                ACC value = (ACC)load(pack.of[j]) - top - log_sum;
                store(pack.of[j], value);
                if (op.smoothing > 0) smooth += weight_of(weights, i + j) * value;
            }
            write(logp + row * op.c + i, pack, whole);
        });
        if (op.smoothing > 0) smooth = team_sum(smooth, shared, team);
        if (team.lane == 0 && row < op.n) {
            i64 label = labels[row];
            bool counted = label != op.ignored && in_range(label, op.c, fault, fault_op);
            ACC weight = counted ? weight_of(weights, label) : (ACC)0;
            ACC value = counted
                ? -(ACC)(1 - op.smoothing) * weight * ((ACC)load(logits[label]) - top - log_sum)
                    - smooth * (ACC)(op.smoothing / (double)op.c)
                : (ACC)0;
            if (loss) {
                store(loss[row], value);
            } else {
                losses[row] = value;
                row_weights[row] = weight;
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, ROWS_RESIDENT) cross_entropy(
        Loss op, const T* x, const i64* labels, const T* weights, T* logp, T* loss, ACC* losses, ACC* row_weights,
        Fault* fault, i64 fault_op) {
    __shared__ ACC shared[THREADS];
    if (in_packs(op.c)) {
        losses_of_rows<PACK>(shared, op, x, labels, weights, logp, loss, losses, row_weights, fault, fault_op);
    } else {
        losses_of_rows<1>(shared, op, x, labels, weights, logp, loss, losses, row_weights, fault, fault_op);
    }
}

// One block sums all rows.
extern "C" __global__ void cross_entropy_total(i64 n, int mean, const ACC* losses, const ACC* row_weights, T* loss) {
    __shared__ ACC shared[THREADS];
    Team team = team_of(0);
    ACC sum = 0;
    ACC weight = 0;
    for (i64 i = team.lane; i < n; i += team.lanes) {
        sum += losses[i];
        weight += row_weights[i];
    }
    sum = team_sum(sum, shared, team);
    weight = team_sum(weight, shared, team);
    if (team.lane == 0) store(*loss, mean ? sum / weight : sum);
}

// One block: the sum of the rows' weights, which the gradient of a mean divides by.
extern "C" __global__ void cross_entropy_weight(Loss op, const i64* labels, const T* weights, ACC* total) {
    __shared__ ACC shared[THREADS];
    Team team = team_of(0);
    ACC weight = 0;
    for (i64 i = team.lane; i < op.n; i += team.lanes) {
        i64 label = labels[i];
        if (label != op.ignored && label >= 0 && label < op.c) weight += weight_of(weights, label);
    }
    weight = team_sum(weight, shared, team);
    if (team.lane == 0) *total = weight;
}

// With d_j = -(1 - e) w_t [j = t] - e/c w_j: the gradient is (d_j - softmax_j sum(d)) times the upstream gradient, which
// is one number (per_row 0) or one per row, over the total (null for 1).
template <int P> __device__ inline void gradients_of_rows(ACC* shared, Loss op, int per_row, const T* upstream,
        const ACC* total, const T* logp, const i64* labels, const T* weights, T* dx, Fault* fault, i64 fault_op) {
    bool whole = are_aligned(logp, dx, 0, 0);
    Team team = team_of(0);
    for (i64 first = (i64)blockIdx.x * team.teams; first < op.n; first += (i64)gridDim.x * team.teams) {
        i64 row = first + team.number;
        i64 count = row < op.n ? op.c : 0;
        i64 label = row < op.n ? labels[row] : op.ignored;
        Row<P> in(logp + row * op.c, count, whole, team);
        bool counted = label != op.ignored && in_range(label, op.c, fault, fault_op);
        ACC scale = counted ? (ACC)load(upstream[per_row ? row : 0]) / (total ? *total : (ACC)1) : (ACC)0;
        ACC hard = counted ? -(ACC)(1 - op.smoothing) * weight_of(weights, label) : (ACC)0;
        ACC share = -(ACC)(op.smoothing / (double)op.c);
        ACC sum = hard;
        if (op.smoothing > 0) {
            ACC soft = 0;
            for (i64 j = team.lane; j < count; j += team.lanes) soft += share * weight_of(weights, j);
            sum += team_sum(soft, shared, team);
        }
        each(in, [&](i64 i, Pack<P> pack) {
#pragma unroll
            for (int k = 0; k < P; k++) {
                i64 j = i + k;
                ACC d = (op.smoothing > 0 ? share * weight_of(weights, j) : (ACC)0) + (j == label ? hard : (ACC)0);
                store(pack.of[k], counted ? scale * (d - exp((ACC)load(pack.of[k])) * sum) : (ACC)0);
            }
            write(dx + row * op.c + i, pack, whole);
        });
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, ROWS_RESIDENT) cross_entropy_grad(
        Loss op, int per_row, const T* upstream, const ACC* total, const T* logp, const i64* labels, const T* weights,
        T* dx, Fault* fault, i64 fault_op) {
    __shared__ ACC shared[THREADS];
    if (in_packs(op.c)) {
        gradients_of_rows<PACK>(shared, op, per_row, upstream, total, logp, labels, weights, dx, fault, fault_op);
    } else {
        gradients_of_rows<1>(shared, op, per_row, upstream, total, logp, labels, weights, dx, fault, fault_op);
    }
}
