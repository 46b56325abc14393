package dev.lanewise.serve.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A request over HTTP, for the JDK's Flight Recorder. */
@Name("dev.lanewise.Request")
@Label("Request")
@Category("Lanewise")
@Description("A request over HTTP, from its header to the end of its answer")
@StackTrace(false)
public final class RequestEvent extends Event {
    @Label("Route")
    @Nullable
    String route;

    @Label("Model")
    @Nullable
    String model;

    @Label("Status")
    @Description("Of HTTP; 0 if the client went away")
    int status;

    /** A request that begins. */
    public RequestEvent() {
        begin();
    }

    /** Records a request that has ended. */
    public void ended(String ofRoute, String ofModel, int withStatus) {
        end();
        if (shouldCommit()) {
            route = ofRoute;
            model = ofModel;
            status = withStatus;
            commit();
        }
    }
}
