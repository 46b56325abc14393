// Batch normalization of [n, c, plane] by channel. Defined in front:
//   T                 element type
//   ACC               what is computed in
// A channel's elements are divided into parts, a block each; another kernel combines the parts in their order. Which thread
// takes which elements depends on sizes only.

struct Norm {
    i64 n, channels, plane;
    i64 image_parts, plane_parts;  // a channel has as many parts as their product
    double epsilon;
};

__device__ inline i64 parts_of(const Norm& p) { return p.image_parts * p.plane_parts; }

// Count, mean and sum of squared deviations; two of them combine without cancellation (Chan, Golub and LeVeque 1979).
struct Moments {
    ACC count, mean, squares;
};

__device__ inline Moments combine(Moments a, Moments b) {
    if (b.count == 0) return a;
    if (a.count == 0) return b;
    Moments sum;
    sum.count = a.count + b.count;
    ACC distance = b.mean - a.mean;
    sum.mean = a.mean + distance * (b.count / sum.count);
    sum.squares = a.squares + b.squares + distance * distance * (a.count * (b.count / sum.count));
    return sum;
}

// The threads that share a channel's part: the block, or where a plane is one element and so channels are neighbours, those of
// the y dimension.
__device__ inline Team team_of_part(const Norm& p) {
    if (p.plane == 1) return team_of(1);
    Team team;
    team.lane = threadIdx.y * blockDim.x + threadIdx.x;
    team.lanes = blockDim.x * blockDim.y;
    team.number = 0;
    team.teams = 1;
    team.distance = 1;
    return team;
}

__device__ inline i64 groups_of(const Norm& p, const Team& team) {
    return (p.channels + team.teams - 1) / team.teams * parts_of(p);
}

// The part that a team has in a block's work of a number.
struct Part {
    i64 channel, number;
    i64 image, images;
    i64 from, to;
};

__device__ inline Part part_of(const Norm& p, const Team& team, i64 number, int pack) {
    Part part;
    i64 group = divide(number, parts_of(p));
    part.number = number - group * parts_of(p);
    part.channel = group * team.teams + team.number;
    i64 of_images = divide(part.number, p.plane_parts);
    i64 images = divide(p.n + p.image_parts - 1, p.image_parts);
    part.image = of_images * images;
    part.images = part.image + images < p.n ? part.image + images : p.n;
    i64 share = divide(p.plane + p.plane_parts * pack - 1, p.plane_parts * pack) * pack;
    part.from = (part.number - of_images * p.plane_parts) * share;
    part.to = part.from + share < p.plane ? part.from + share : p.plane;
    return part;
}

// Calls `work` with the place of each of a thread's packs.
template <int PACK, typename F> __device__ inline void for_part(const Norm& p, const Part& part, F work) {
    if (part.channel >= p.channels) return;
    i64 first = p.plane == 1 ? 0 : (i64)threadIdx.x * PACK;
    i64 step = p.plane == 1 ? 1 : (i64)blockDim.x * PACK;
    for (i64 image = part.image + threadIdx.y; image < part.images; image += blockDim.y) {
        i64 base = (image * p.channels + part.channel) * p.plane;
        for (i64 i = part.from + first; i < part.to; i += step) work(base + i);
    }
}

// A thread's elements around the first of them, so that a mean far from 0 does not cancel.
template <int PACK> __device__ inline Moments moments_of(const Norm& p, const Part& part, bool whole, const T* x) {
    ACC shift = 0, sum = 0, squares = 0;
    i64 count = 0;
    for_part<PACK>(p, part, [&](i64 at) {
        alignas(16) T own[PACK];
        take<PACK>(own, x + at, whole);
        if (count == 0) shift = load(own[0]);
#pragma unroll
        for (int k = 0; k < PACK; k++) {
            ACC off = load(own[k]) - shift;
            sum += off;
            squares += off * off;
        }
        count += PACK;
    });
    Moments m = {(ACC)count, 0, 0};
    if (count > 0) {
        m.mean = shift + sum / (ACC)count;
        m.squares = squares - sum * (sum / (ACC)count);
        if (m.squares < 0) m.squares = 0;
    }
    return m;
}

template <int PACK> __device__ inline void moments_of_parts(Moments* shared, const Norm& p, const T* x, Moments* parts) {
    bool whole = (u64)x % 16 == 0;
    Team team = team_of_part(p);
    for (i64 b = blockIdx.x; b < groups_of(p, team); b += gridDim.x) {
        Part part = part_of(p, team, b, PACK);
        Moments sum = team_combine(moments_of<PACK>(p, part, whole, x), shared, team, combine);
        if (team.lane == 0 && part.channel < p.channels) parts[part.channel * parts_of(p) + part.number] = sum;
    }
}

extern "C" __global__ void moments(Norm p, int packed, const T* x, Moments* parts) {
    __shared__ Moments shared[THREADS];
    if (packed) moments_of_parts<16 / (int)sizeof(T)>(shared, p, x, parts);
    else moments_of_parts<1>(shared, p, x, parts);
}

extern "C" __global__ void statistics(Norm p, const Moments* parts, ACC* mean, ACC* variance, ACC* reciprocal) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 channel = (i64)blockIdx.x * blockDim.x + threadIdx.x; channel < p.channels; channel += step) {
        Moments sum = parts[channel * parts_of(p)];
        for (i64 i = 1; i < parts_of(p); i++) sum = combine(sum, parts[channel * parts_of(p) + i]);
        ACC biased = sum.squares / sum.count;
        mean[channel] = sum.mean;
        variance[channel] = biased;
        reciprocal[channel] = 1 / sqrt(biased + (ACC)p.epsilon);
    }
}

// Elements of channel after channel: a line [plane] has one channel, or where a plane is one element a line [channels] all.
__device__ inline i64 lines_of(const Norm& p) { return p.plane > 1 ? p.n * p.channels : p.n; }
__device__ inline i64 length_of(const Norm& p) { return p.plane > 1 ? p.plane : p.channels; }

template <int PACK> __device__ inline void normalize_lines(const Norm& p, const T* x, const T* weight, const T* bias,
        const ACC* mean, const ACC* reciprocal, T* y) {
    for_lines(lines_of(p), length_of(p), p.channels, PACK, [=](i64 line, i64 of_line, i64 i) {
        i64 at = line * length_of(p) + i;
        alignas(16) T own[PACK];
        take<PACK>(own, x + at, true);
        ACC center, scale, shift;
#pragma unroll
        for (int k = 0; k < PACK; k++) {
            if (k == 0 || p.plane == 1) {
                i64 channel = p.plane == 1 ? i + k : of_line;
                center = mean[channel];
                scale = reciprocal[channel] * load(weight[channel]);
                shift = load(bias[channel]);
            }
            store(own[k], ((ACC)load(own[k]) - center) * scale + shift);
        }
        give<PACK>(y + at, own);
    });
}

extern "C" __global__ void normalize(Norm p, int packed, const T* x, const T* weight, const T* bias, const ACC* mean,
        const ACC* reciprocal, T* y) {
    if (packed) normalize_lines<16 / (int)sizeof(T)>(p, x, weight, bias, mean, reciprocal, y);
    else normalize_lines<1>(p, x, weight, bias, mean, reciprocal, y);
}

struct Sums {
    ACC g, gx;
};

// Sums of the upstream gradient, and of it times the normalized input.
template <int PACK> __device__ inline void gradient_sums_of_parts(Sums* shared, const Norm& p, const T* g, const T* x,
        const ACC* mean, const ACC* variance, Sums* parts) {
    bool whole = ((u64)g | (u64)x) % 16 == 0;
    Team team = team_of_part(p);
    for (i64 b = blockIdx.x; b < groups_of(p, team); b += gridDim.x) {
        Part part = part_of(p, team, b, PACK);
        bool is_own = part.channel < p.channels;
        ACC center = is_own ? mean[part.channel] : (ACC)0;
        ACC scale = is_own ? 1 / sqrt(variance[part.channel] + (ACC)p.epsilon) : (ACC)0;
        Sums own = {0, 0};
        for_part<PACK>(p, part, [&](i64 at) {
            alignas(16) T upstream[PACK];
            alignas(16) T input[PACK];
            take<PACK>(upstream, g + at, whole);
            take<PACK>(input, x + at, whole);
#pragma unroll
            for (int k = 0; k < PACK; k++) {
                own.g += load(upstream[k]);
                own.gx += load(upstream[k]) * (((ACC)load(input[k]) - center) * scale);
            }
        });
        Sums sum = team_combine(own, shared, team, [](Sums a, Sums b) {
            Sums both = {a.g + b.g, a.gx + b.gx};
            return both;
        });
        if (team.lane == 0 && is_own) parts[part.channel * parts_of(p) + part.number] = sum;
    }
}

extern "C" __global__ void gradient_sums(
        Norm p, int packed, const T* g, const T* x, const ACC* mean, const ACC* variance, Sums* parts) {
    __shared__ Sums shared[THREADS];
    if (packed) gradient_sums_of_parts<16 / (int)sizeof(T)>(shared, p, g, x, mean, variance, parts);
    else gradient_sums_of_parts<1>(shared, p, g, x, mean, variance, parts);
}

// The gradients of weight and bias; means of both sums stay in a channel's first part, and its scale in `reciprocal`.
extern "C" __global__ void gradient_affine(
        Norm p, Sums* parts, const ACC* variance, T* weight_grad, T* bias_grad, ACC* reciprocal) {
    i64 step = (i64)gridDim.x * blockDim.x;
    ACC count = (ACC)(p.n * p.plane);
    for (i64 channel = (i64)blockIdx.x * blockDim.x + threadIdx.x; channel < p.channels; channel += step) {
        Sums* own = parts + channel * parts_of(p);
        Sums sum = own[0];
        for (i64 i = 1; i < parts_of(p); i++) {
            sum.g += own[i].g;
            sum.gx += own[i].gx;
        }
        store(weight_grad[channel], sum.gx);
        store(bias_grad[channel], sum.g);
        own->g = sum.g / count;
        own->gx = sum.gx / count;
        reciprocal[channel] = 1 / sqrt(variance[channel] + (ACC)p.epsilon);
    }
}

template <int PACK> __device__ inline void gradient_lines(const Norm& p, const T* g, const T* x, const T* weight,
        const ACC* mean, const ACC* reciprocal, const Sums* means, T* out) {
    for_lines(lines_of(p), length_of(p), p.channels, PACK, [=](i64 line, i64 of_line, i64 i) {
        i64 at = line * length_of(p) + i;
        alignas(16) T upstream[PACK];
        alignas(16) T own[PACK];
        take<PACK>(upstream, g + at, true);
        take<PACK>(own, x + at, true);
        Sums of;
        ACC center, scale, weighted;
#pragma unroll
        for (int k = 0; k < PACK; k++) {
            if (k == 0 || p.plane == 1) {
                i64 channel = p.plane == 1 ? i + k : of_line;
                of = means[channel * parts_of(p)];
                center = mean[channel];
                scale = reciprocal[channel];
                weighted = load(weight[channel]);
            }
            ACC normalized = ((ACC)load(own[k]) - center) * scale;
            ACC centered = (ACC)load(upstream[k]) - of.g - normalized * of.gx;
            store(own[k], centered * scale * weighted);
        }
        give<PACK>(out + at, own);
    });
}

extern "C" __global__ void gradient_input(Norm p, int packed, const T* g, const T* x, const T* weight, const ACC* mean,
        const ACC* reciprocal, const Sums* means, T* out) {
    if (packed) gradient_lines<16 / (int)sizeof(T)>(p, g, x, weight, mean, reciprocal, means, out);
    else gradient_lines<1>(p, g, x, weight, mean, reciprocal, means, out);
}
