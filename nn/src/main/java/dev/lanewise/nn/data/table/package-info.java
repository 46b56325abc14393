/** Tables: CSV files, queries, and the columns that become features. */
@NullMarked
package dev.lanewise.nn.data.table;

import org.jspecify.annotations.NullMarked;
