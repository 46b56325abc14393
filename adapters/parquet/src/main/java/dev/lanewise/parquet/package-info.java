/** Parquet files as data sets, read by Hardwood. */
@NullMarked
package dev.lanewise.parquet;

import org.jspecify.annotations.NullMarked;
