import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import io.netty.resolver.DefaultAddressResolverGroup;
import org.cloudfoundry.client.v3.ClientV3Exception;
import org.cloudfoundry.client.v3.Relationship;
import org.cloudfoundry.client.v3.ToManyRelationship;
import org.cloudfoundry.client.v3.ToOneRelationship;
import org.cloudfoundry.operations.DefaultCloudFoundryOperations;
import org.cloudfoundry.reactor.ConnectionContext;
import org.cloudfoundry.reactor.DefaultConnectionContext;
import org.cloudfoundry.reactor.TokenProvider;
import org.cloudfoundry.reactor.client.ReactorCloudFoundryClient;
import org.cloudfoundry.reactor.doppler.ReactorDopplerClient;
import org.cloudfoundry.reactor.logcache.v1.ReactorLogCacheClient;
import org.cloudfoundry.reactor.tokenprovider.PasswordGrantTokenProvider;
import org.cloudfoundry.reactor.uaa.ReactorUaaClient;
import org.cloudfoundry.util.JobUtils;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The clients, what steps leave for the next ones, and how they ask and judge. */
final class World {
    static final Duration LIMIT = Duration.ofSeconds(60);

    final ConnectionContext connection = connection();
    final PasswordGrantTokenProvider admin = password("admin", System.getenv("INGOT_PASSWORD"));
    final ReactorCloudFoundryClient cf = client(admin);
    final ReactorUaaClient uaa = ReactorUaaClient.builder().connectionContext(connection).tokenProvider(admin).build();
    final ReactorDopplerClient doppler = ReactorDopplerClient.builder().connectionContext(connection).tokenProvider(admin).build();
    final ReactorLogCacheClient logCache = ReactorLogCacheClient.builder().connectionContext(connection).tokenProvider(admin).build();
    final DefaultCloudFoundryOperations operations = DefaultCloudFoundryOperations.builder().cloudFoundryClient(cf)
            .dopplerClient(doppler).uaaClient(uaa).organization("java-org").space("java-space").build();

    final Path sources = Path.of(System.getenv("INGOT_APP_DIR"));

    String organization;
    String space;
    String secondSpace;
    String domain;
    String route;
    String app;
    String packageId;
    String droplet;
    String instance;

    /** Names are led to loopback by the file that the runtime was started with, which only its own resolver reads. */
    static ConnectionContext connection() {
        String[] place = System.getenv("INGOT_API").replace("https://", "").split(":");
        return DefaultConnectionContext.builder().apiHost(place[0]).port(Integer.parseInt(place[1]))
                .additionalHttpClientConfiguration(http -> http.resolver(DefaultAddressResolverGroup.INSTANCE)).build();
    }

    static PasswordGrantTokenProvider password(String user, String password) {
        return PasswordGrantTokenProvider.builder().username(user).password(password).build();
    }

    ReactorCloudFoundryClient client(TokenProvider tokens) {
        return ReactorCloudFoundryClient.builder().connectionContext(connection).tokenProvider(tokens).build();
    }

    static <T> T get(Mono<T> asked) {
        return asked.block(LIMIT);
    }

    static <T> List<T> all(Flux<T> asked) {
        return asked.collectList().block(LIMIT);
    }

    /** Waits for a job; throws what it failed with. */
    void finished(Mono<String> asked) {
        get(asked.flatMap(job -> JobUtils.waitForCompletion(cf, LIMIT, job)));
    }

    static void equal(Object got, Object wanted) {
        if (!Objects.equals(got, wanted)) throw new AssertionError("got " + got + ", want " + wanted);
    }

    static void holds(boolean condition, Object shown) {
        if (!condition) throw new AssertionError(String.valueOf(shown));
    }

    static void refused(Mono<?> asked, int status, String title, String detail) {
        try {
            asked.block(LIMIT);
        } catch (ClientV3Exception failure) {
            org.cloudfoundry.client.v3.Error error = failure.getErrors().get(0);
            equal(failure.getStatusCode() + " " + error.getTitle(), status + " " + title);
            holds(error.getDetail().contains(detail), error.getDetail());
            return;
        }
        throw new AssertionError("was not refused");
    }

    static void eventually(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.call()) {
            holds(System.nanoTime() < end, "not within a minute: " + what);
            Thread.sleep(200);
        }
    }

    static ToOneRelationship one(String guid) {
        return ToOneRelationship.builder().data(Relationship.builder().id(guid).build()).build();
    }

    static ToManyRelationship many(String... guids) {
        ToManyRelationship.Builder builder = ToManyRelationship.builder();
        for (String guid : guids) builder.data(Relationship.builder().id(guid).build());
        return builder.build();
    }

    /** The status of an app's page, through the router. */
    static int answer(String host) throws Exception {
        URL url = new URL("http://127.0.0.1:" + System.getenv("INGOT_HTTP_PORT") + "/");
        HttpURLConnection asked = (HttpURLConnection) url.openConnection();
        asked.setRequestProperty("Host", host);
        asked.setConnectTimeout(10_000);
        asked.setReadTimeout(10_000);
        return asked.getResponseCode();
    }
}
