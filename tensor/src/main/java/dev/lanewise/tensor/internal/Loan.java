package dev.lanewise.tensor.internal;

/** Gives a block back to its pool: once, however often it is run, and even if an error cuts it short. */
public final class Loan implements Runnable {
    private final BlockPool pool;
    private final Block block;
    private boolean ended;

    /** The loan of a block that the pool has just lent. */
    public Loan(BlockPool pool, Block block) {
        this.pool = pool;
        this.block = block;
    }

    Block block() {
        return block;
    }

    @Override
    public void run() {
        if (pool.takeBack(this)) {
            PoolKeeper.ensure();
        }
    }

    /** Ends the loan, for the pool, under its lock; false if it has ended. */
    boolean end() {
        if (ended) {
            return false;
        }
        ended = true;
        block.lent = false;
        return true;
    }

    /** After an error in {@link #run}: whatever was done of it, the pool has the block in the end. */
    public void abandon() {
        // once ended, somebody else may have the block
        if (!ended) {
            ended = true;
            pool.abandon(block);
        }
    }
}
