import io.netty.channel.Channel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import javax.script.ScriptContext;
import javax.script.ScriptException;
import org.apache.tinkerpop.gremlin.jsr223.GremlinLangScriptEngine;
import org.apache.tinkerpop.gremlin.jsr223.GremlinLangScriptEngineFactory;
import org.apache.tinkerpop.gremlin.jsr223.GremlinScriptEngine;
import org.apache.tinkerpop.gremlin.process.traversal.Compare;
import org.apache.tinkerpop.gremlin.process.traversal.Contains;
import org.apache.tinkerpop.gremlin.process.traversal.P;
import org.apache.tinkerpop.gremlin.process.traversal.PBiPredicate;
import org.apache.tinkerpop.gremlin.process.traversal.Traversal;
import org.apache.tinkerpop.gremlin.process.traversal.TraversalStrategy;
import org.apache.tinkerpop.gremlin.process.traversal.step.HasContainerHolder;
import org.apache.tinkerpop.gremlin.process.traversal.step.util.HasContainer;
import org.apache.tinkerpop.gremlin.process.traversal.strategy.AbstractTraversalStrategy;
import org.apache.tinkerpop.gremlin.process.traversal.util.ConnectiveP;
import org.apache.tinkerpop.gremlin.process.traversal.util.TraversalHelper;
import org.apache.tinkerpop.gremlin.server.GremlinServer;
import org.apache.tinkerpop.gremlin.server.Settings;
import org.apache.tinkerpop.gremlin.structure.T;
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
        final var g = executor.getGraphManager().getGraph("graph").traversal().withStrategies(new LabelsOneByOne());
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

    /**
     * Neptune gives a vertex several labels, which Gremlin shows as {@code a::b}, and finds it under each. TinkerGraph knows one
     * label; so what asks for a label asks for each of those that stand in it.
     */
    private static final class LabelsOneByOne
        extends AbstractTraversalStrategy<TraversalStrategy.DecorationStrategy>
        implements TraversalStrategy.DecorationStrategy {
        @Override
        public void apply(final Traversal.Admin<?, ?> traversal) {
            for (final var step : TraversalHelper.getStepsOfAssignableClass(HasContainerHolder.class, traversal)) {
                for (final var container : List.copyOf(step.getHasContainers())) {
                    final var predicate = container.getPredicate();
                    if (!T.label.getAccessor().equals(container.getKey()) || predicate instanceof ConnectiveP) {
                        continue;
                    }
                    step.removeHasContainer(container);
                    step.addHasContainer(new HasContainer(T.label.getAccessor(), eachLabel(predicate)));
                }
            }
        }

        /** A negation (neq, without) has to hold of every label, anything else of one. */
        @SuppressWarnings({"unchecked", "rawtypes"})
        private static P<?> eachLabel(final P predicate) {
            final PBiPredicate<Object, Object> test = predicate.getBiPredicate();
            final boolean isNegation = Compare.neq.equals(test) || Contains.without.equals(test);
            final PBiPredicate<Object, Object> any = (label, value) ->
                labelsOf(label).anyMatch(one -> test.test(one, value));
            final PBiPredicate<Object, Object> all = (label, value) ->
                labelsOf(label).allMatch(one -> test.test(one, value));
            return new P(isNegation ? all : any, predicate.getValue());
        }

        private static Stream<String> labelsOf(final Object label) {
            return Stream.of(String.valueOf(label).split("::"));
        }
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
