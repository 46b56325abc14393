/** MPI through the FFM API: the library is found at run time, Open MPI or one with MPICH's binary interface. */
@NullMarked
package dev.lanewise.distributed.mpi;

import org.jspecify.annotations.NullMarked;
