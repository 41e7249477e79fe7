import java.util.UUID;
import org.apache.tinkerpop.gremlin.tinkergraph.structure.AbstractTinkerGraph;

/** Ids are strings, as in Neptune: an id that the server makes up is a UUID, one of another type becomes its text. */
public final class StringIdManager implements AbstractTinkerGraph.IdManager<Object> {
    @Override
    public Object getNextId(final AbstractTinkerGraph graph) {
        return UUID.randomUUID().toString();
    }

    @Override
    public Object convert(final Object id) {
        return id == null ? null : id.toString();
    }

    @Override
    public boolean allow(final Object id) {
        return id instanceof String;
    }
}
