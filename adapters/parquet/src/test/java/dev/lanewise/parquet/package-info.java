@NullMarked
package dev.lanewise.parquet;

import org.jspecify.annotations.NullMarked;
