// Random numbers from Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). Block b of the
// counter gives four words; an element takes one, or two with the low word first.

struct Words {
    u32 w[4];
};

__device__ inline Words philox(u64 seed, u64 block) {
    u32 c0 = (u32)block, c1 = (u32)(block >> 32), c2 = 0, c3 = 0;
    u32 k0 = (u32)seed, k1 = (u32)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        u64 p0 = (u64)0xD2511F53u * c0;
        u64 p1 = (u64)0xCD9E8D57u * c2;
        u32 n0 = (u32)(p1 >> 32) ^ c1 ^ k0;
        u32 n2 = (u32)(p0 >> 32) ^ c3 ^ k1;
        c1 = (u32)p1;
        c3 = (u32)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    Words words = {{c0, c1, c2, c3}};
    return words;
}

__device__ inline u64 word64(const Words& words, int pair) {
    return words.w[2 * pair] | (u64)words.w[2 * pair + 1] << 32;
}

// From the upper bits of a word.
__device__ inline double uniform_of(u32 word, int bits) { return (double)(word >> (32 - bits)) / (double)(1u << bits); }
__device__ inline double uniform24(u32 word) { return uniform_of(word, 24); }
__device__ inline double uniform53(u64 word) { return (double)(word >> 11) * 0x1p-53; }

// Box-Muller: two neighbouring elements from two uniform numbers.
__device__ inline void normal_pair(double u, double v, double& first, double& second) {
    double radius = sqrt(-2 * log(1 - u));
    double angle = 6.283185307179586477 * v;
    first = radius * cos(angle);
    second = radius * sin(angle);
}

// What a launch draws. A captured launch finds it in memory instead, where the next replay's is written.
struct Draw {
    u64 seed, counter;
    i64 a, b;
    double p;
};
