package dev.lanewise.bench.gpu;

import dev.lanewise.bench.gpu.CaseProcess.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** The steps in their order: short ones first, and results before times, which are worth nothing until those are right. */
enum GpuStep {
    /** What cuDNN says of the device. */
    PROPERTIES("cuDNN's properties of the device", 60, GpuRun::properties),
    /** Attention's gradients. */
    ATTENTION("gradients of attention are PyTorch's, fp32 and bf16", 120, GpuRun::attention),
    /** Three trainers whose steps are captured. */
    CAPTURED("three reference trainers, eager and captured, fp32 and bf16", 120, run -> run.trainers(TrainersRun.FEW)),
    /** Two threads on one device. */
    THREADS("two threads give what one after the other gives", 180, GpuRun::threads),
    /** PyTorch's results for training runs. */
    TRAINING("the four reference training runs", 180, run -> run.cases(Kind.TRAINING)),
    /** Memory in use over many steps. */
    LEAK("10,000 training steps hold memory flat", 300, GpuRun::leak),
    /** PyTorch's results for single operations. */
    GOLDEN("the reference cases", 300, run -> run.cases(Kind.GOLDEN)),
    /** The suite that every backend passes. */
    CONFORMANCE("the conformance suite", 560, run -> run.cases(Kind.CONFORMANCE)),
    /** The reference trainers, whose steps are captured. */
    TRAINERS(
            "all reference trainers, eager and captured, in all precisions", 560, run -> run.trainers(TrainersRun.ALL)),
    /** Training steps in F32. */
    TRAIN_FP32("training steps against PyTorch, fp32", 560, run -> run.train("fp32")),
    /** Training steps in mixed precision. */
    TRAIN_BF16("training steps against PyTorch, bf16", 560, run -> run.train("bf16")),
    /** Training steps with products in TF32. */
    TRAIN_TF32("training steps against PyTorch, tf32", 560, run -> run.train("tf32")),
    /** Single operations against PyTorch. */
    OPS("operations against PyTorch, fp32", 560, GpuRun::ops),
    /** Training steps in F32 against compiled ones. */
    COMPILE_FP32("training steps against torch.compile, fp32", 560, run -> run.compiled("fp32")),
    /** Training steps with products in TF32 against compiled ones. */
    COMPILE_TF32("training steps against torch.compile, tf32", 560, run -> run.compiled("tf32")),
    /** Training steps in mixed precision against compiled ones. */
    COMPILE_BF16("training steps against torch.compile, bf16", 560, run -> run.compiled("bf16"));

    /** What it shows. */
    final String title;
    /** Its time limit, where it is asked for by its name. */
    final int seconds;

    final Function<GpuRun, StepResult> body;

    GpuStep(String title, int seconds, Function<GpuRun, StepResult> body) {
        this.title = title;
        this.seconds = seconds;
        this.body = body;
    }

    /** The name on the command line and in the report. */
    String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether it runs PyTorch. */
    boolean hasPeer() {
        return this == ATTENTION || compareTo(TRAIN_FP32) >= 0;
    }

    /** Whether it measures times: then no process waits for every launch, and algorithms are the fastest. */
    boolean isMeasured() {
        return compareTo(TRAIN_FP32) >= 0;
    }

    /** Whether it is about the results of single operations: then a launch that fails is to be the one that says so. */
    boolean launchesBlock() {
        return switch (this) {
            case GOLDEN, ATTENTION, TRAINING, CONFORMANCE -> true;
            default -> false;
        };
    }

    /** The step of a name. */
    static Optional<GpuStep> of(String id) {
        return Arrays.stream(values()).filter(step -> step.id().equals(id)).findFirst();
    }

    /** The names of all. */
    static List<String> ids() {
        return Arrays.stream(values()).map(GpuStep::id).toList();
    }
}
