package dev.lanewise.spark;

import org.apache.spark.TaskContext;

/** How many threads a task computes with. */
final class TaskThreads {
    private static final String SETTING = "lanewise.threads";

    private TaskThreads() {}

    /**
     * As many as Spark gave the task cores, unless the JVM was told otherwise. All tasks of an executor have what is set when the
     * first of them begins to compute; of several that compute at the same time one has them all, and the others their own.
     */
    static synchronized void set(TaskContext task) {
        if (System.getProperty(SETTING) == null) {
            System.setProperty(SETTING, Integer.toString(Math.max(1, task.cpus())));
        }
    }
}
