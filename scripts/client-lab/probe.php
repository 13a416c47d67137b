<?php
// Tries settings of PDO and mysqli against the laboratory's servers: one job a line on stdin (id, client, options, port, split by tabs),
// one outcome a line on stdout (id, outcome).
error_reporting(0);
[, $host, $ca] = $argv;

function attempt($host, $ca, $client, $words, $port) {
    $postgres = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
    $mysql = "show status like 'Ssl_cipher'";
    if ($client === 'PDO pgsql') {
        $more = str_replace('=CA', "=$ca", $words);
        $pdo = new PDO("pgsql:host=$host;port=$port;dbname=postgres;$more", 'u', '');
        return (bool) $pdo->query($postgres)->fetchColumn();
    }
    $options = array_filter(explode(',', $words));
    $path = in_array('missing', $options) ? '/nonexistent/ca.pem' : $ca;
    $has_ca = in_array('ca', $options) || in_array('missing', $options);
    if ($client === 'PDO mysql') {
        $attributes = [];
        if ($has_ca) $attributes[PDO::MYSQL_ATTR_SSL_CA] = $path;
        if (in_array('verify=false', $options)) $attributes[PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT] = false;
        if (in_array('verify=true', $options)) $attributes[PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT] = true;
        $pdo = new PDO("mysql:host=$host;port=$port;dbname=test", 'u', '', $attributes);
        return $pdo->query($mysql)->fetch(PDO::FETCH_NUM)[1] !== '';
    }
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $link = mysqli_init();
    if ($has_ca) $link->ssl_set(null, null, $path, null, null);
    $flags = ($has_ca || in_array('ssl', $options) ? MYSQLI_CLIENT_SSL : 0);
    $flags |= in_array('dont-verify', $options) ? MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT : 0;
    $link->real_connect($host, 'u', '', 'test', (int) $port, null, $flags);
    return $link->query($mysql)->fetch_row()[1] !== '';
}

while (($line = fgets(STDIN)) !== false) {
    [$id, $client, $words, $port] = explode("\t", rtrim($line, "\n"));
    try {
        $outcome = attempt($host, $ca, $client, $words, $port) ? 'tls' : 'plain';
    } catch (Throwable $error) {
        $outcome = 'refuses ' . preg_replace('/\s+/', ' ', $error->getMessage());
    }
    echo "$id\t$outcome\n";
}
