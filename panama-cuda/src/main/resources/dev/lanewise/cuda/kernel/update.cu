// Optimizer steps over all parameters in one launch. Defined in front:
//   T                 element type
//   ACC               what is computed in
// Block (b, g) works on group g, striding over its elements; groups shorter than the grid leave blocks idle.

struct Group {
    T* parameter;
    const T* gradient;
    T* first_state;
    T* second_state;
    i64 n;
};

struct Sgd {
    double rate, momentum, dampening, weight_decay;
    int nesterov, first;
};

extern "C" __global__ void sgd_step(const Group* groups, Sgd s) {
    Group group = groups[blockIdx.y];
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < group.n; i += step) {
        ACC p = load(group.parameter[i]);
        ACC g = (ACC)load(group.gradient[i]) + (ACC)s.weight_decay * p;
        ACC direction = g;
        if (s.momentum != 0) {
            ACC b = s.first ? g : (ACC)s.momentum * load(group.first_state[i]) + (ACC)(1 - s.dampening) * g;
            store(group.first_state[i], b);
            direction = s.nesterov ? g + (ACC)s.momentum * b : b;
        }
        store(group.parameter[i], p - (ACC)s.rate * direction);
    }
}

struct Adam {
    double rate, beta1, beta2, epsilon, weight_decay;
    double correction1, sqrt_correction2;  // 1 - beta1^step, sqrt(1 - beta2^step)
    int decoupled;
};

extern "C" __global__ void adam_step(const Group* groups, Adam a) {
    Group group = groups[blockIdx.y];
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < group.n; i += step) {
        ACC p = load(group.parameter[i]);
        ACC g = load(group.gradient[i]);
        if (a.decoupled) p *= (ACC)(1 - a.rate * a.weight_decay);
        else g += (ACC)a.weight_decay * p;
        ACC m = (ACC)a.beta1 * load(group.first_state[i]) + (ACC)(1 - a.beta1) * g;
        ACC v = (ACC)a.beta2 * load(group.second_state[i]) + (ACC)(1 - a.beta2) * g * g;
        store(group.first_state[i], m);
        store(group.second_state[i], v);
        ACC denominator = sqrt(v) / (ACC)a.sqrt_correction2 + (ACC)a.epsilon;
        store(group.parameter[i], p - (ACC)(a.rate / a.correction1) * m / denominator);
    }
}
