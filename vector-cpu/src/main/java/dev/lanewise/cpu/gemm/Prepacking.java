package dev.lanewise.cpu.gemm;

/**
 * Operands of a product that are packed as a whole before its tasks, since several of them read the same part: panels of B where
 * it has to be transposed, tiles of A where its columns are contiguous. A panel or tile holds all of k.
 */
final class Prepacking {
    /** Elements of a panel packed in one task, at most. */
    private static final int GRAIN = 1 << 15;

    /** Tiles of A packed in one task, so that lines of the cache serve several. */
    private static final int TILES = 16;

    /** Packed of each operand, at most; larger products are computed in ranges of columns and rows. */
    static final long MOST_BYTES = 64L << 20;

    private final Packing packing;
    private final ProductView view;
    private final int elementBytes;
    private final int lanes;
    private final int width;
    private final int height;
    private final int depth;
    private final long mostBytes;
    final boolean ofA;
    final boolean ofB;

    private long a;
    private long b;
    private int rows;
    private int columns;
    private long panels;
    private long tiles;

    Prepacking(Kernels kernels, ProductView view, Blocking blocking, long mostBytes) {
        this.mostBytes = mostBytes;
        this.packing = kernels.packing();
        this.view = view;
        this.elementBytes = kernels.elementBytes();
        this.lanes = kernels.lanes();
        this.width = 2 * lanes;
        this.height = kernels.micro().rows();
        this.depth = Math.max(1, Math.min(view.k(), GRAIN / width));
        this.ofA = blocking.packsTiles(view, elementBytes);
        this.ofB = view.bColumn() != elementBytes && view.k() > 0 && blocking.taskRows() < view.m();
    }

    /** Rows of A packed at a time. */
    int rowRange() {
        return ofA ? range(view.m(), height) : view.m();
    }

    /** Columns of B packed at a time. */
    int columnRange() {
        return ofB ? range(view.n(), width) : view.n();
    }

    private int range(int count, int unit) {
        long most = mostBytes / Math.max(1, (long) view.k() * elementBytes) / unit * unit;
        return (int) Math.min(count, Math.max(unit, most));
    }

    /** Bytes for that many rows and columns. */
    long bytes(int rowCount, int columnCount) {
        return tileBytes(rowCount)
                + (ofB ? (long) Math.ceilDiv(columnCount, width) * width * view.k() * elementBytes : 0);
    }

    private long tileBytes(int rowCount) {
        return ofA ? (long) Math.ceilDiv(rowCount, height) * height * view.k() * elementBytes : 0;
    }

    /** Sets the operands, their rows and columns and where they go to. */
    void at(long aAddress, long bAddress, int rowCount, int columnCount, long target) {
        a = aAddress;
        b = bAddress;
        rows = rowCount;
        columns = columnCount;
        tiles = target;
        panels = target + tileBytes(rowCount);
    }

    /** How often {@link #run} is to be called. */
    int tasks() {
        return panelTasks() + (ofA ? Math.ceilDiv(rows, TILES * height) * Math.ceilDiv(view.k(), depth) : 0);
    }

    private int panelTasks() {
        return ofB ? Math.ceilDiv(columns, width) * Math.ceilDiv(view.k(), depth) : 0;
    }

    void run(int task) {
        int before = panelTasks();
        if (task < before) {
            int across = Math.ceilDiv(columns, width);
            packPanel(task % across, task / across * depth);
        } else {
            int down = Math.ceilDiv(rows, TILES * height);
            packTiles((task - before) % down * TILES * height, (task - before) / down * depth);
        }
    }

    private void packPanel(int panel, int p) {
        int column = panel * width;
        int valid = Math.min(width, columns - column);
        int panelWidth = valid <= lanes ? lanes : width;
        long source = b + p * view.bRow() + column * view.bColumn();
        int count = Math.min(depth, view.k() - p);
        packing.pack(source, view.bRow(), view.bColumn(), count, valid, panelWidth, panel(panel, p, panelWidth));
    }

    private void packTiles(int row, int p) {
        long source = a + row * view.aRow() + p * view.aColumn();
        int count = Math.min(TILES * height, rows - row);
        int columnsOfA = Math.min(depth, view.k() - p);
        packing.packTiles(source, view.aColumn(), columnsOfA, count, height, tile(row, p), tileStep());
    }

    /** Where row p of a panel of B is. */
    long panel(int panel, int p, int panelWidth) {
        return panels + ((long) panel * view.k() * width + (long) p * panelWidth) * elementBytes;
    }

    /** Where column p of the tile of A that begins with a row is. */
    long tile(int row, int p) {
        return tiles + ((long) row * view.k() + (long) p * height) * elementBytes;
    }

    /** Bytes from a column of a tile of A to the next. */
    long tileColumn() {
        return (long) height * elementBytes;
    }

    /** Bytes from a tile of A to the next. */
    long tileStep() {
        return view.k() * tileColumn();
    }
}
