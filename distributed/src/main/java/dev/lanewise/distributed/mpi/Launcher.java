package dev.lanewise.distributed.mpi;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** What started this process, as its variables tell. */
enum Launcher {
    /** The mpirun of Open MPI. */
    OPEN_MPI(List.of("OMPI_COMM_WORLD_SIZE"), List.of("OMPI_COMM_WORLD_LOCAL_SIZE")),
    /** The mpiexec of MPICH and its relatives, and Slurm's srun where it takes their part. */
    PMI(List.of("PMI_SIZE"), List.of("MPI_LOCALNRANKS", "MPIR_LOCAL_SIZE")),
    /** Slurm. */
    SLURM(List.of("SLURM_STEP_NUM_TASKS"), List.of()),
    /** None that is known. */
    NONE(List.of(), List.of());

    private final List<String> sizes;
    private final List<String> localSizes;

    Launcher(List<String> sizes, List<String> localSizes) {
        this.sizes = sizes;
        this.localSizes = localSizes;
    }

    static Launcher of(Map<String, String> environment) {
        for (Launcher launcher : values()) {
            if (launcher.size(environment).isPresent()) {
                return launcher;
            }
        }
        return NONE;
    }

    /** How many processes it started. */
    OptionalInt size(Map<String, String> environment) {
        return number(environment, sizes);
    }

    /** How many of them run on this machine. */
    OptionalInt localSize(Map<String, String> environment) {
        return number(environment, localSizes);
    }

    private static OptionalInt number(Map<String, String> environment, List<String> names) {
        return names.stream()
                .map(name -> environment.getOrDefault(name, ""))
                .filter(text -> text.matches("[1-9]\\d{0,6}"))
                .mapToInt(Integer::parseInt)
                .findFirst();
    }
}
