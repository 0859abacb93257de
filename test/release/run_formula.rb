# Installs a formula and runs its test, with stand-ins for the parts of Homebrew that it uses.
#
# Usage: ruby run_formula.rb FORMULA PREFIX FOLDER_OF_THE_UNPACKED_ARCHIVE
# Prints the URL and the hash of the archive for this machine, and what `test do` checked.

require "English"
require "fileutils"
require "open3"
require "pathname"

class Pathname
  def install(name)
    mkpath
    FileUtils.cp(name, self)
  end

  alias plain_write write
  def write(text)
    dirname.mkpath
    plain_write(text)
  end
end

module Utils
  def self.safe_popen_read(*command)
    output, status = Open3.capture2(*command.map(&:to_s))
    raise "#{command} failed" unless status.success?

    output
  end
end

class Formula
  class << self
    attr_reader :test_block, :service_block

    %i[desc homepage version license url sha256].each do |name|
      define_method(name) do |value = nil|
        instance_variable_set("@#{name}", value) unless value.nil?
        instance_variable_get("@#{name}")
      end
    end

    def depends_on(*) = nil

    def on_macos = RUBY_PLATFORM.include?("darwin") && yield

    def on_linux = RUBY_PLATFORM.include?("linux") && yield

    def on_intel = RUBY_PLATFORM.start_with?("x86_64") && yield

    def on_arm = RUBY_PLATFORM.match?(/^(arm64|aarch64)/) && yield

    def test(&block) = @test_block = block

    def service(&block) = @service_block = block
  end

  def initialize(prefix) = @prefix = Pathname(prefix)

  def bin = @prefix/"bin"

  def man1 = @prefix/"share/man/man1"

  def version = self.class.version

  def generate_completions_from_executable(program, command, shells:)
    shells.each do |shell|
      (@prefix/"completions"/shell.to_s).write Utils.safe_popen_read(program, command, shell)
    end
  end

  def shell_output(line)
    output = `#{line}`
    raise "#{line} failed" unless $CHILD_STATUS.success?

    output
  end

  def assert_match(expected, text)
    pattern = expected.is_a?(Regexp) ? expected : Regexp.new(Regexp.escape(expected))
    raise "#{text.inspect} does not match #{expected}" unless text.match?(pattern)

    puts "matches: #{expected.inspect}"
  end

  # Records the lines of the service.
  class Service
    def initialize(formula) = @formula = formula

    def opt_bin = @formula.bin

    def var = Pathname("/var")

    def method_missing(name, *values) = puts("service: #{name} #{values.join(" ")}")

    def respond_to_missing?(*) = true
  end
end

file, prefix, folder = ARGV
load file
formula = OpenAsrServer.new(prefix)
puts OpenAsrServer.url, OpenAsrServer.sha256
Dir.chdir(folder) { formula.install }
formula.instance_eval(&OpenAsrServer.test_block)
Formula::Service.new(formula).instance_eval(&OpenAsrServer.service_block)
puts formula.caveats
