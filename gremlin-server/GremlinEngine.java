import io.netty.channel.Channel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.NoSuchElementException;
import javax.script.ScriptContext;
import javax.script.ScriptException;
import org.apache.tinkerpop.gremlin.jsr223.GremlinLangScriptEngine;
import org.apache.tinkerpop.gremlin.jsr223.GremlinLangScriptEngineFactory;
import org.apache.tinkerpop.gremlin.jsr223.GremlinScriptEngine;
import org.apache.tinkerpop.gremlin.process.traversal.Traversal;
import org.apache.tinkerpop.gremlin.server.GremlinServer;
import org.apache.tinkerpop.gremlin.server.Settings;
import org.apache.tinkerpop.gremlin.structure.util.reference.ReferenceFactory;

/**
 * Gremlin Server as it is, made to resemble Neptune: a graph traversal source {@code g}, and every request answered by
 * gremlin-lang. Prints {@code port <n>} once it listens, and ends when its standard input does: the pipe from the process
 * that started it closes however that process ends, so no engine outlives its sandbox.
 */
public final class GremlinEngine {
    public static void main(final String[] arguments) throws Exception {
        final var watch = new Thread(GremlinEngine::endWithParent, "parent-watch");
        watch.setDaemon(true);
        watch.start();

        final var server = new GremlinServer(Settings.read(arguments[0]));
        final var executor = server.getServerGremlinExecutor();
        final var g = executor.getGraphManager().getGraph("graph").traversal();
        executor.getGraphManager().putTraversalSource("g", g);
        final var engines = executor.getGremlinExecutor().getScriptEngineManager();
        engines.put("g", g);
        final var lang = new NeptuneLang();
        lang.setCustomizerManager(engines);
        // 3.7 asks for "gremlin-groovy" when a request names no language, and no setting changes that.
        engines.registerEngineName("gremlin-groovy", lang);
        engines.registerEngineName("gremlin-lang", lang);
        server.start().join();
        System.out.println("port " + port(server));
    }

    private static void endWithParent() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is said on this pipe; only its end counts.
            }
        } catch (final IOException e) {
            System.err.println("standard input failed: " + e);
        }
        Runtime.getRuntime().halt(0);
    }

    /** The server knows its port only as a setting (0 here), so the channel that it listens on is asked. */
    private static int port(final GremlinServer server) throws ReflectiveOperationException {
        final var field = GremlinServer.class.getDeclaredField("serverSocketChannel");
        field.setAccessible(true);
        return ((InetSocketAddress) ((Channel) field.get(server)).localAddress()).getPort();
    }

    private static final class NeptuneLang extends GremlinLangScriptEngineFactory {
        @Override
        public GremlinScriptEngine getScriptEngine() {
            return new GremlinLangScriptEngine() {
                @Override
                public Object eval(final String script, final ScriptContext context) throws ScriptException {
                    try {
                        final var result = super.eval(script, context);
                        return result instanceof Traversal
                            ? new References((Traversal<?, ?>) result)
                            : ReferenceFactory.detach(result);
                    } catch (final ScriptException | RuntimeException | StackOverflowError error) {
                        if (hasMessage(error)) {
                            throw error;
                        }
                        throw new ScriptException(root(error).toString());
                    }
                }
            };
        }
    }

    /** Results as Neptune gives them: vertices and edges are references, id and label, without their properties. */
    private static final class References implements Iterator<Object> {
        private final Traversal<?, ?> traversal;

        References(final Traversal<?, ?> traversal) {
            this.traversal = traversal;
        }

        @Override
        public boolean hasNext() {
            try {
                return traversal.hasNext();
            } catch (final RuntimeException | StackOverflowError error) {
                throw withMessage(error);
            }
        }

        @Override
        public Object next() {
            if (!hasNext()) {
                throw new NoSuchElementException("The traversal has no more results");
            }
            try {
                return ReferenceFactory.detach((Object) traversal.next());
            } catch (final RuntimeException | StackOverflowError error) {
                throw withMessage(error);
            }
        }
    }

    /** 3.7.5 never answers an HTTP request whose exception has no message, as next() on nothing and a stack overflow have none. */
    private static RuntimeException withMessage(final Throwable error) {
        return hasMessage(error) && error instanceof RuntimeException
            ? (RuntimeException) error
            : new IllegalStateException(root(error).toString());
    }

    private static boolean hasMessage(final Throwable error) {
        return root(error).getMessage() != null;
    }

    private static Throwable root(final Throwable error) {
        return error.getCause() == null ? error : root(error.getCause());
    }
}
