# Tries settings of ruby-pg against the laboratory's servers: one job a line on stdin (id, client, options, port, split by tabs),
# one outcome a line on stdout (id, outcome).
require 'pg'

host, ca = ARGV
$stdin.each_line(chomp: true) do |line|
  id, _, words, port = line.split("\t", -1)
  options = words.split.to_h { |word| word.split(':', 2) }
  options['sslrootcert'] = { 'CA' => ca, 'MISSING' => '/nonexistent/ca.pem' }[options['sslrootcert']] if options.key?('sslrootcert')
  outcome =
    begin
      connection = PG.connect(host: host, port: port, user: 'u', dbname: 'postgres', **options.transform_keys(&:to_sym))
      connection.exec('select ssl from pg_stat_ssl where pid = pg_backend_pid()').getvalue(0, 0) == 't' ? 'tls' : 'plain'
    rescue StandardError => error
      "refuses #{error.message.gsub(/\s+/, ' ')}"
    end
  puts "#{id}\t#{outcome}"
end
