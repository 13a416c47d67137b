// Tries settings of JDBC clients against the laboratory's servers: one job a line on stdin (id, client, query, port, split by tabs),
// one outcome a line on stdout (id, outcome).
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;

public class Probe {
    static final String POSTGRES = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    static final String MYSQL = "show status like 'Ssl_cipher'";

    static String attempt(String host, String client, String query, String port) {
        boolean postgres = client.equals("pgjdbc");
        String url = postgres ? "jdbc:postgresql://" + host + ":" + port + "/postgres" : "jdbc:mariadb://" + host + ":" + port + "/test";
        String user = (query.isEmpty() ? "?" : "&") + "user=u";
        try (Connection connection = DriverManager.getConnection(url + query + user);
                ResultSet rows = connection.createStatement().executeQuery(postgres ? POSTGRES : MYSQL)) {
            rows.next();
            boolean encrypted = postgres ? rows.getBoolean(1) : !rows.getString(2).isEmpty();
            return encrypted ? "tls" : "plain";
        } catch (SQLException | RuntimeException error) {
            return "refuses " + String.valueOf(error.getMessage()).replaceAll("\\s+", " ");
        }
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] job = line.split("\t", -1);
            System.out.println(job[0] + "\t" + attempt(arguments[0], job[1], job[2], job[3]));
        }
        System.exit(0);
    }
}
