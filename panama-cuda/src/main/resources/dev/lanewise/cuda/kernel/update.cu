// Optimizer steps over many parameters in one launch. Defined in front:
//   T                 element type
//   ACC               what is computed in
// The parameters come with the launch, so that no table has to be copied to the device. A block takes a chunk of a
// parameter, striding over those of all.

#define CHUNK 1024
#define GROUPS 64

struct Group {
    T* parameter;
    const T* gradient;
    T* first_state;
    T* second_state;
    i64 n;
    i64 first_chunk;
};

struct Groups {
    i64 count;
    i64 chunks;
    Group at[GROUPS];
};

// The last group that starts at or before a chunk.
__device__ inline int group_of(const Groups& groups, i64 chunk) {
    int from = 0;
    int to = (int)groups.count;
    while (to - from > 1) {
        int middle = (from + to) / 2;
        if (groups.at[middle].first_chunk <= chunk) from = middle;
        else to = middle;
    }
    return from;
}

struct Sgd {
    double rate, momentum, dampening, weight_decay;
    int nesterov, first;
};

__device__ inline void sgd(const Group& group, const Sgd& s, i64 i) {
    ACC p = load(group.parameter[i]);
    ACC g = load(group.gradient[i]);
    if (s.weight_decay != 0) g += (ACC)s.weight_decay * p;  // 0 times an infinite parameter is NaN
    ACC direction = g;
    if (s.momentum != 0) {
        ACC b = s.first ? g : (ACC)s.momentum * load(group.first_state[i]) + (ACC)(1 - s.dampening) * g;
        store(group.first_state[i], b);
        direction = s.nesterov ? g + (ACC)s.momentum * b : b;
    }
    store(group.parameter[i], p - (ACC)s.rate * direction);
}

// A captured launch finds the step's numbers in memory, where the next replay's are written.
extern "C" __global__ void sgd_step(Groups groups, Sgd given, const Sgd* captured) {
    Sgd s = captured ? *captured : given;
    for (i64 chunk = blockIdx.x; chunk < groups.chunks; chunk += gridDim.x) {
        const Group& group = groups.at[group_of(groups, chunk)];
        i64 from = (chunk - group.first_chunk) * CHUNK;
        i64 to = from + CHUNK < group.n ? from + CHUNK : group.n;
        for (i64 i = from + threadIdx.x; i < to; i += blockDim.x) sgd(group, s, i);
    }
}

struct Adam {
    double rate, beta1, beta2, epsilon, weight_decay;
    double correction1, sqrt_correction2;  // 1 - beta1^step, sqrt(1 - beta2^step)
    int decoupled;
};

__device__ inline void adam(const Group& group, const Adam& a, i64 i) {
    ACC p = load(group.parameter[i]);
    ACC g = load(group.gradient[i]);
    if (a.decoupled) p *= (ACC)(1 - a.rate * a.weight_decay);
    else if (a.weight_decay != 0) g += (ACC)a.weight_decay * p;
    ACC m = (ACC)a.beta1 * load(group.first_state[i]) + (ACC)(1 - a.beta1) * g;
    ACC v = (ACC)a.beta2 * load(group.second_state[i]) + (ACC)(1 - a.beta2) * g * g;
    store(group.first_state[i], m);
    store(group.second_state[i], v);
    ACC denominator = sqrt(v) / (ACC)a.sqrt_correction2 + (ACC)a.epsilon;
    store(group.parameter[i], p - (ACC)(a.rate / a.correction1) * m / denominator);
}

extern "C" __global__ void adam_step(Groups groups, Adam given, const Adam* captured) {
    Adam a = captured ? *captured : given;
    for (i64 chunk = blockIdx.x; chunk < groups.chunks; chunk += gridDim.x) {
        const Group& group = groups.at[group_of(groups, chunk)];
        i64 from = (chunk - group.first_chunk) * CHUNK;
        i64 to = from + CHUNK < group.n ? from + CHUNK : group.n;
        for (i64 i = from + threadIdx.x; i < to; i += blockDim.x) adam(group, a, i);
    }
}
