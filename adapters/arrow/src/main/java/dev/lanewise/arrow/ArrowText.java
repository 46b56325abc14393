package dev.lanewise.arrow;

import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DateMilliVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float2Vector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeMilliVector;
import org.apache.arrow.vector.TimeNanoVector;
import org.apache.arrow.vector.TimeSecVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/** How the values of a column are written. */
interface ArrowText {
    /** The text of a value that is not null; null if it is missing nevertheless. */
    @Nullable
    String text(FieldVector vector, int row) throws IOException;

    /**
     * The way for a column.
     *
     * @throws UnsupportedOperationException if its values are none that have a text
     */
    static ArrowText of(Field field, ArrowReader reader) {
        if (field.getDictionary() != null) {
            long id = field.getDictionary().getId();
            return (vector, row) -> fromDictionary(reader, id, ((BaseIntVector) vector).getValueAsLong(row));
        }
        return of(field.getType());
    }

    private static ArrowText of(ArrowType type) {
        return switch (type) {
            case ArrowType.Int number -> number.getIsSigned() ? ArrowText::plain : ArrowText::unsigned;
            case ArrowType.FloatingPoint number ->
                number.getPrecision() == FloatingPointPrecision.HALF
                        ? (vector, row) -> finite(((Float2Vector) vector).getValueAsFloat(row))
                        : (vector, row) -> finite((Number) vector.getObject(row));
            case ArrowType.Bool other -> ArrowText::plain;
            case ArrowType.Utf8 other -> ArrowText::plain;
            case ArrowType.LargeUtf8 other -> ArrowText::plain;
            case ArrowType.Utf8View other -> ArrowText::plain;
            case ArrowType.Decimal other -> ArrowText::plain;
            case ArrowType.Null other -> (vector, row) -> null;
            case ArrowType.Date date ->
                date.getUnit() == DateUnit.DAY
                        ? (vector, row) -> LocalDate.ofEpochDay(((DateDayVector) vector).get(row))
                                .toString()
                        : (vector, row) -> instant(((DateMilliVector) vector).get(row), TimeUnit.MILLISECOND)
                                .atOffset(ZoneOffset.UTC)
                                .toLocalDate()
                                .toString();
            case ArrowType.Time other ->
                (vector, row) -> LocalTime.ofNanoOfDay(nanos(vector, row)).toString();
            case ArrowType.Timestamp time ->
                (vector, row) -> {
                    Instant instant = instant(((TimeStampVector) vector).get(row), time.getUnit());
                    return time.getTimezone() == null
                            ? instant.atOffset(ZoneOffset.UTC).toLocalDateTime().toString()
                            : instant.toString();
                };
            default -> throw new UnsupportedOperationException(type.toString());
        };
    }

    private static String fromDictionary(ArrowReader reader, long id, long index) throws IOException {
        Dictionary dictionary = reader.getDictionaryVectors().get(id);
        if (dictionary == null) {
            throw new IOException("there is no dictionary " + id);
        }
        FieldVector words = dictionary.getVector();
        if (index < 0 || index >= words.getValueCount()) {
            throw new IOException("word " + index + " of a dictionary of " + words.getValueCount());
        }
        String text = words.isNull((int) index)
                ? null
                : of(words.getField().getType()).text(words, (int) index);
        return text == null ? "" : text;
    }

    private static String plain(FieldVector vector, int row) {
        return vector.getObject(row).toString();
    }

    private static String unsigned(FieldVector vector, int row) {
        return switch (vector) {
            case UInt1Vector bytes -> Integer.toString(Byte.toUnsignedInt(bytes.get(row)));
            case UInt2Vector shorts -> Integer.toString(shorts.get(row));
            case UInt4Vector ints -> Integer.toUnsignedString(ints.get(row));
            case UInt8Vector longs -> Long.toUnsignedString(longs.get(row));
            default -> throw new IllegalStateException(vector.getClass().getSimpleName());
        };
    }

    private static @Nullable String finite(Number number) {
        return Double.isNaN(number.doubleValue()) ? null : number.toString();
    }

    private static long nanos(FieldVector vector, int row) {
        return switch (vector) {
            case TimeSecVector seconds -> seconds.get(row) * 1_000_000_000L;
            case TimeMilliVector millis -> millis.get(row) * 1_000_000L;
            case TimeMicroVector micros -> Math.multiplyExact(micros.get(row), 1_000L);
            case TimeNanoVector nanos -> nanos.get(row);
            default -> throw new IllegalStateException(vector.getClass().getSimpleName());
        };
    }

    private static Instant instant(long count, TimeUnit unit) {
        return switch (unit) {
            case SECOND -> Instant.ofEpochSecond(count);
            case MILLISECOND -> Instant.ofEpochMilli(count);
            case MICROSECOND -> Instant.EPOCH.plus(count, ChronoUnit.MICROS);
            case NANOSECOND -> Instant.EPOCH.plusNanos(count);
        };
    }
}
