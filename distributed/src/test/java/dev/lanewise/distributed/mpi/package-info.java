@NullMarked
package dev.lanewise.distributed.mpi;

import org.jspecify.annotations.NullMarked;
