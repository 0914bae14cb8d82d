#include <algorithm>

#include "daemon/cli/overdue.hpp"
#include "daemon/cli/paper.hpp"
#include "daemon/cli/say.hpp"

/// The letter to a clinic whose reports are late.
namespace cli {
namespace {

void say_reminder(const Context& context, const OverdueOptions& options,
                  const std::filesystem::path& out, const std::vector<forms::FormCopy>& copies,
                  std::size_t earlier) {
  if (earlier > 0) std::cerr << "renkei: " << left_out(earlier) << '\n';
  auto list = nlohmann::json::array();
  for (const auto& [form, copy] : copies) {
    list.push_back({{"serial", forms::to_text(copy.serial)},
                    {"pathway", copy.head.pathway_id},
                    {"visit", exchange::to_text(*copy.head.visit)}});
  }
  if (context.json) {
    say({{"out", out.string()}, {"clinic", options.clinic}, {"forms", list}});
    return;
  }
  for (const auto& each : list) {
    std::cout << fmt::format("{} for {}, visit {}\n", each["serial"].get<std::string>(),
                             each["pathway"].get<std::string>(), each["visit"].get<std::string>());
  }
  std::cout << fmt::format("letter and {} forms -> {}\n", copies.size(), out.string());
}

}  // namespace

int print_reminder(const Context& context, const OverdueOptions& options,
                   const std::filesystem::path& out) {
  const auto config = load_config(context);
  const auto catalogue = forms::Catalogue::load(config.forms);
  const auto keys = forms::TagKeys::load(config.keys());
  auto records = open_records(config);
  const auto on = day_asked_for(context, options.on);
  auto visits = visits_of(records, catalogue, options.clinic, on);
  drop_before(visits, options.since);
  const auto earlier = options.earlier ? 0 : drop_earlier(visits, records, catalogue);
  std::erase_if(visits,
                [](const Visit& visit) { return visit.expected.state != forms::VisitState::late; });
  if (visits.empty()) {
    throw WrongInput(fmt::format(
        "nothing of clinic {} is late on {}: there is nothing to remind "
        "it of{}",
        options.clinic, exchange::to_text(on), earlier > 0 ? " (" + left_out(earlier) + ")" : ""));
  }
  warn_of_hospital(config.hospital);
  forms::Reminder reminder;
  reminder.on = on;
  std::vector<forms::FormCopy> copies;
  for (const auto& visit : visits) {
    const auto subject = find_subject(records, visit.pathway.pathway_id);
    const auto* entry = catalogue.report_for(visit.pathway.disease);
    check_geometry(records, *entry);
    auto head = letterhead(config.hospital, subject);
    reminder.head.hospital = head.hospital;
    reminder.head.department = head.department;
    reminder.head.address = head.address;
    reminder.head.phone = head.phone;
    reminder.head.fax = head.fax;
    reminder.head.clinic = head.clinic;
    reminder.head.clinic_doctor = head.clinic_doctor;
    reminder.visits.push_back({head.patient_name, head.patient_id,
                               entry->definition.disease_words.ja, visit.expected.due,
                               visit.expected.month});
    head.visit = visit.expected.due;
    copies.push_back({entry, issue(records, *entry, head, context.who, context.now)});
  }
  std::vector<forms::Serial> issued;
  for (const auto& [form, copy] : copies) issued.push_back(copy.serial);
  make_paper(records, issued, context.who, context.now,
             [&] { forms::print_reminder(reminder, copies, keys, out); });
  say_reminder(context, options, out, copies, earlier);
  return Status::done;
}

}  // namespace cli
