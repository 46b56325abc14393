package dev.lanewise.bench.gpu;

import java.util.List;
import java.util.Locale;

/** A way to train: a column of the table. */
enum TrainerSetting {
    /** Operation by operation; the others are compared with it. */
    EAGER_FP32("fp32", false),
    /** Captured steps, which do the same. */
    GRAPHS_FP32("fp32", true),
    /** Captured steps in mixed precision. */
    GRAPHS_BF16("bf16", true),
    /** Mixed precision, operation by operation. */
    EAGER_BF16("bf16", false),
    /** Mixed precision with a scaled loss. */
    EAGER_F16("f16", false),
    /** Captured steps whose products round to TF32. */
    GRAPHS_TF32("tf32", true);

    /** Where no steps are captured. */
    static final List<TrainerSetting> ON_CPU = List.of(EAGER_FP32, EAGER_BF16);

    /** What a first look takes. */
    static final List<TrainerSetting> FEW_ON_GPU = List.of(EAGER_FP32, GRAPHS_FP32, GRAPHS_BF16);

    /** Everything that captured steps offer. */
    static final List<TrainerSetting> ON_GPU = List.of(EAGER_FP32, GRAPHS_FP32, GRAPHS_BF16, EAGER_F16, GRAPHS_TF32);

    /** The name of the precision on the command line. */
    final String precision;
    /** Whether steps are captured. */
    final boolean graphs;

    TrainerSetting(String precision, boolean graphs) {
        this.precision = precision;
        this.graphs = graphs;
    }

    /** The name of the column. */
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it computes what the first setting computes. */
    boolean isExact() {
        return precision.equals("fp32");
    }
}
