#include "daemon/review/desk.hpp"

#include <fstream>
#include <mutex>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>
#include <spdlog/spdlog.h>

#include "daemon/review/pages.hpp"

namespace review {
namespace {

namespace fs = std::filesystem;
using httplib::Request;
using httplib::Response;

/// Strict from the first day: nothing from elsewhere, nothing inline, nothing kept, in nobody's
/// frame.
const httplib::Headers strict_headers{
    {"Content-Security-Policy",
     "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
    {"Cache-Control", "no-store"}};

void answer_plain(Response& response, int status, const char* text) {
  response.status = status;
  response.set_content(text, "text/plain; charset=utf-8");
}

std::optional<std::string> content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

Language language_of(const Request& request) {
  if (request.has_param("lang")) {
    return request.get_param_value("lang") == "en" ? Language::en : Language::ja;
  }
  const auto accepted = request.get_header_value("Accept-Language");
  return accepted.starts_with("en") ? Language::en : Language::ja;
}

}  // namespace

struct Desk::State {
  explicit State(Settings given)
      : settings(std::move(given)),
        records(settings.database, records::Records::Open::existing),
        catalogue(forms::Catalogue::load(settings.forms)),
        pages({records, catalogue, settings.pictures, settings.assets, settings.hospital}) {
    prepare();
    bind();
    thread = std::jthread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();  // stop() is deaf before
  }

  ~State() { server.stop(); }

  void prepare() {
    server.new_task_queue = [] { return new httplib::ThreadPool(4); };  // httplib takes it over
    server.set_payload_max_length(1 << 16);
    // httplib's own choice, SO_REUSEPORT, would let two desks share a port and mix two hospitals.
    server.set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server.set_default_headers(strict_headers);
    server.set_pre_routing_handler([this](const Request& request, Response& response) {
      return may_pass(request, response) ? httplib::Server::HandlerResponse::Unhandled
                                         : httplib::Server::HandlerResponse::Handled;
    });
    // One of the three places that catch: around one web request.
    server.set_exception_handler(
        [](const Request&, Response& response, const std::exception_ptr& thrown) {
          try {
            std::rethrow_exception(thrown);
          } catch (const std::exception& error) {
            spdlog::error("desk: a request failed: {}", error.what());
          }
          answer_plain(response, 500, "something went wrong; the service's log says what\n");
        });
    for (const auto& route : routes) {
      server.Get(route.path, [this, &route](const Request& request, Response& response) {
        (this->*route.handler)(request, response);
      });
    }
  }

  void bind() {
    const auto& address = settings.address;
    port = settings.port == 0                            ? server.bind_to_any_port(address)
           : server.bind_to_port(address, settings.port) ? settings.port
                                                         : -1;
    if (port < 0) {
      throw std::runtime_error(
          fmt::format("the desk cannot listen on {}:{}", address, settings.port));
    }
  }

  /// A page elsewhere that lets its name point here must not read the desk through the browser.
  bool may_pass(const Request& request, Response& response) const {
    if (request.method != "GET" && request.method != "HEAD") {
      answer_plain(response, 405, "this desk is read-only\n");
      return false;
    }
    const auto host = request.get_header_value("Host");
    for (const auto& name : {settings.address, std::string("localhost")}) {
      if (host == fmt::format("{}:{}", name, port)) return true;
    }
    answer_plain(response, 421, "wrong host\n");
    return false;
  }

  void show_desk(const Request& request, Response& response) {
    const std::scoped_lock lock(mutex);
    response.set_content(pages.desk(language_of(request)), "text/html; charset=utf-8");
  }

  void show_lists(const Request& request, Response& response) {
    const std::scoped_lock lock(mutex);
    const auto etag = fmt::format("\"{}\"", records.data_version());
    response.set_header("ETag", etag);
    if (request.get_header_value("If-None-Match") == etag) {
      response.status = 304;
      return;
    }
    response.set_content(pages.lists(language_of(request)), "text/html; charset=utf-8");
  }

  void show_document(const Request& request, Response& response) {
    const std::scoped_lock lock(mutex);
    const auto language = language_of(request);
    const auto html = pages.document(request.matches[1], language);
    if (!html) return answer_plain(response, 404, word("not-found", language).c_str());
    response.set_content(*html, "text/html; charset=utf-8");
  }

  void show_picture(const Request& request, Response& response) {
    const auto name = picture_name(request.matches[1], std::stoi(request.matches[2]));
    const auto png = content_of(settings.pictures / name);
    if (!png) return answer_plain(response, 404, "no such picture\n");
    response.set_content(*png, "image/png");
  }

  void show_asset(const Request& request, Response& response) {
    const std::string name = request.matches[1];
    const auto content = content_of(settings.assets / name);
    if (!content) return answer_plain(response, 404, "no such file\n");
    response.set_content(*content, name.ends_with(".css")   ? "text/css; charset=utf-8"
                                   : name.ends_with(".svg") ? "image/svg+xml"
                                                            : "text/javascript; charset=utf-8");
  }

  void show_health(const Request& /*request*/, Response& response) {
    const std::scoped_lock lock(mutex);
    static_cast<void>(records.data_version());
    answer_plain(response, 200, "ok\n");
  }

  /// No row, no access. Everything is read-only so far, so every row is open to who sits at the
  /// machine.
  struct Route {
    const char* path;  ///< a regular expression; its groups are the handler's
    void (State::*handler)(const Request&, Response&);
  };
  static constexpr Route routes[] = {
      {"/", &State::show_desk},
      {"/lists", &State::show_lists},
      {"/documents/(D-[0-9]{1,18})", &State::show_document},
      {"/pictures/(D-[0-9]{1,18})/([0-9]{1,4})\\.png", &State::show_picture},
      {"/assets/(desk\\.css|desk\\.js|desk\\.svg)", &State::show_asset},
      {"/health", &State::show_health},
  };

  Settings settings;
  records::Records records;
  forms::Catalogue catalogue;
  Pages pages;
  std::mutex mutex;  ///< around the one connection and the pages drawn from it
  httplib::Server server;
  int port = -1;
  std::jthread thread;
};

Desk::Desk(Settings settings) : state_(std::make_unique<State>(std::move(settings))) {}
Desk::~Desk() = default;
int Desk::port() const {
  return state_->port;
}

}  // namespace review
