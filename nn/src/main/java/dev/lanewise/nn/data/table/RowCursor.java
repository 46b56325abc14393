package dev.lanewise.nn.data.table;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An open source of rows, such as a file, which gives one row after the other. It is used by one thread at a time. */
public interface RowCursor extends AutoCloseable {
    /** {@return the names of the columns, each another one, also before the first row and after the last} */
    List<String> names();

    /**
     * {@return the next row's values as text, one for each name, null where one is missing; null at the end}
     */
    @Nullable
    String @Nullable [] next();

    /** Closes the source; again does nothing. */
    @Override
    void close();
}
