#pragma once

#include <opencv2/core.hpp>

#include "tests/faxsim/canvas.hpp"
#include "tests/faxsim/faxsim.hpp"

/// The clinic's fax machine, or a scanner.
namespace faxsim {

/// What one level of degradation draws from. All probabilities and means are for one page.
struct Level {
  double skew_sigma, skew_max;          ///< degrees
  double shift;                         ///< mm, uniform to either side
  double scale_min, scale_max;          ///< the sender's machine shrinks (fax only)
  double stretch;                       ///< sigma along the feed; feeders slip
  double blur_min, blur_max;            ///< sigma of the sensor's spot, mm
  double threshold_min, threshold_max;  ///< darkness that becomes black: low is bold, high is thin
  double uneven;                        ///< the threshold's slope over the page
  double noise;                         ///< sigma, in units of darkness
  double dust;                          ///< mean number of specks
  double hairs;                         ///< mean number
  double streaks;                       ///< mean number of lines along the feed, black or white
  double line_events;                   ///< mean number of row groups lost or repeated (fax only)
  int line_run;                         ///< most rows in such a group
  double block;                         ///< probability of a black block
  double garbage;                       ///< probability of a band of undecodable rows (fax only)
  double halftone;                      ///< probability of a screened patch, as photocopies have
  double tti;                           ///< probability of the sender's header line (fax only)
  double tti_push;     ///< that it pushes the page down instead of covering its top
  double clip;         ///< mm at each edge that the machine does not see, at most
  double upside_down;  ///< probability
  double punch;        ///< probability of two punch holes at the left edge
  double surround;     ///< probability that what lies beside the sheet is black (scans)
};

[[nodiscard]] const Level& level(Degrade degrade);

/// What the caller wants of the machine; what is absent is drawn from the level.
struct Feed {
  Quality quality = Quality::fine;
  Degrade degrade = Degrade::light;
  Scan scan = Scan::grey;
  Paper paper = Paper::a4;
  std::optional<int> rotate;
  std::optional<double> scale, skew, stretch;
  std::optional<ocr::Point> shift;
  std::optional<bool> tti;
  int page = 1;
  int pages = 1;
};

struct Sent {
  Sheet sheet;
  nlohmann::json truth;  ///< rotation, skew, scale, transform, corners, grid, lost_rows, tti
};

[[nodiscard]] Sent send(Canvas& paper, const Feed& feed, const Chance& chance);

/// Faults of the picture itself, once it is black and white or grey. `pixels_per_mm` differs
/// in x and y on a fax.
struct Glass {
  cv::Mat& picture;  ///< 0 black; one or three channels
  double px_x = 8, px_y = 7.7;
};
void add_dust(const Glass& glass, double mean, double hairs, Chance chance);
void add_streaks(const Glass& glass, double mean, Chance chance);
void add_block(const Glass& glass, Chance chance);
void add_halftone(cv::Mat& darkness, double px_x, double px_y, Chance chance);

}  // namespace faxsim
