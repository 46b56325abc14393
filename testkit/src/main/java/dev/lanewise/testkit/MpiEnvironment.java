package dev.lanewise.testkit;

import java.nio.file.Path;
import java.util.Map;

/** What lets {@code mpirun} start the processes of a test on any machine. */
public final class MpiEnvironment {
    private MpiEnvironment() {}

    /**
     * Sets the variables of Open MPI 4 and 5; MPICH needs and reads none of them.
     *
     * @param builder starts mpirun, or what does
     * @param folder of the test: runs beside this one must not meet in the folder that mpirun makes for its processes
     */
    public static void prepare(ProcessBuilder builder, Path folder) {
        Map<String, String> environment = builder.environment();
        environment.put("TMPDIR", folder.toString());
        // containers run tests as root
        environment.put("OMPI_ALLOW_RUN_AS_ROOT", "1");
        environment.put("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
        // it counts cores, not their threads, and a machine may have one
        environment.put("OMPI_MCA_rmaps_base_oversubscribe", "1");
        environment.put("OMPI_MCA_hwloc_base_binding_policy", "none");
        environment.put("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe");
        environment.put("PRTE_MCA_hwloc_default_binding_policy", "none");
    }
}
